"""``remint token NAME`` where nothing has to be done: the token is in the store, and good for a while.

That is what a script meets most of the time, and four times as quick without what reads options, speaks
dialects and makes calls. Whatever is not plainly so is left to the command proper.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from remint.keeper.connection import Held

#: Before the windows in which a token is renewed; see ``remint.keeper.timing``.
_MARGIN_MS: Final = 60_000
_LIVING: Final = frozenset({"fresh", "renewing"})


def print_token_at_hand(arguments: Sequence[str]) -> bool:
    """Prints the token if that is all that ``arguments`` ask for. Else nothing is done, and False given."""
    if len(arguments) != 2 or arguments[0] != "token" or arguments[1].startswith("-"):
        return False
    from remint.clock import SystemClock
    from remint.errors import RemintError
    from remint.keeper.store.opening import default_place
    from remint.keeper.store.sqlite.files import StoreFiles

    place = default_place(os.environ)
    if isinstance(place, str) and ":" in place:
        return False
    directory = Path(os.path.expanduser(place))
    if not StoreFiles(directory).exists():
        return False
    from remint.keeper.store.sqlite.store import SQLiteStore

    try:
        store = SQLiteStore(directory)
        try:
            held = store.load(arguments[1])
        finally:
            store.close()
    except RemintError:
        return False  # the command proper meets it again, and tells it
    if held is None or not _is_good(held, SystemClock().now_ms()):
        return False
    sys.stdout.write(f"{held.tokens.access_token}\n")
    sys.stdout.flush()
    return True


def _is_good(held: Held, now_ms: int) -> bool:
    tokens = held.tokens
    if not tokens.access_token or held.state not in _LIVING:
        return False
    if tokens.expires_at_ms is None:
        return held.renew_at_ms is None or now_ms < held.renew_at_ms
    is_early = held.renew_at_ms is not None and now_ms < held.renew_at_ms
    return is_early and now_ms < tokens.expires_at_ms - _MARGIN_MS
