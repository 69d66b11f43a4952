"""What an agent is told when it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

DEFAULT_LISTEN: Final = "127.0.0.1:8757"
KEY_VARIABLE: Final = "REMINT_AGENT_KEY"
KEY_FILE: Final = "agent.key"


class Settings(msgspec.Struct, frozen=True):
    """How one agent listens, and over which store.

    ``socket``, where it is set, is listened at in place of ``listen``. ``key_file`` is where the key lies
    that callers over TCP show; ``None`` for ``agent.key`` beside the store. ``may_renew`` lets callers renew
    a token that nobody has turned down. ``ready_file`` is written once callers are let in, with the address
    in it.
    """

    store: Path | str | None = None
    dialects: tuple[Path, ...] = ()
    listen: str = DEFAULT_LISTEN
    socket: Path | None = None
    key_file: Path | None = None
    may_renew: bool = False
    ready_file: Path | None = None
