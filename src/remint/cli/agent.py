"""``remint agent``: tokens for programs in other languages, on loopback or a Unix socket."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remint.cli.output import remark

Listen = Annotated[
    str | None,
    typer.Option(
        help="Where to listen, on this machine only; else 127.0.0.1:8757. Port 0 is a free one.",
        metavar="ADDRESS:PORT",
        show_default=False,
    ),
]
Socket = Annotated[
    Path | None,
    typer.Option(
        help="Listen at a Unix socket instead, which only this user can open. No key is asked for there.",
        metavar="PATH",
        show_default=False,
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        help="Where the connections are: a directory or postgresql://…; else REMINT_KEEPER_STORE.",
        metavar="PLACE",
        show_default=False,
    ),
]
Dialects = Annotated[
    list[Path] | None,
    typer.Option(
        help="A folder of dialect files, beside those of REMINT_KEEPER_DIALECTS. Again for more.",
        metavar="DIR",
        show_default=False,
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        help="The key that callers show; else agent.key beside the store, made if it is not there.",
        metavar="FILE",
        show_default=False,
    ),
]
AllowRenew = Annotated[
    bool,
    typer.Option(
        "--allow-renew",
        help="Let callers renew a token that nothing is wrong with, too.",
        metavar="",
    ),
]
ReadyFile = Annotated[
    Path | None,
    typer.Option(
        help="Write the address to this file once callers are let in, and remove it at the end.",
        metavar="FILE",
        show_default=False,
    ),
]


def serve_tokens(
    listen: Listen = None,
    socket: Socket = None,
    store: Store = None,
    dialects: Dialects = None,
    key_file: KeyFile = None,
    allow_renew: AllowRenew = False,
    ready_file: ReadyFile = None,
) -> None:
    """Hands tokens to programs in any language, and keeps all connections fresh, until it is stopped.

    Over TCP a caller shows the key; the variable REMINT_AGENT_KEY wins over the file.

        remint agent
        curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8757/v1/connections/acme/token
        remint agent --socket ~/.remint/agent.sock
        curl --unix-socket ~/.remint/agent.sock http://localhost/v1/connections/acme/token

    The access log goes to standard output, the log to standard error, both as lines of JSON.
    """
    if listen is not None and socket is not None:
        raise typer.BadParameter("either an address or a socket", param_hint="--listen, --socket")
    # Late: wrong usage need not wait for a server to load.
    from remint.keeper.agent.running import run
    from remint.keeper.agent.settings import DEFAULT_LISTEN, Settings

    settings = Settings(
        store=store or None,
        dialects=tuple(dialects or ()),
        listen=DEFAULT_LISTEN if listen is None else listen,
        socket=socket,
        key_file=key_file,
        may_renew=allow_renew,
        ready_file=ready_file,
    )
    run(settings, on_ready=_announce)


def _announce(address: str, key_file: Path | None) -> None:
    key = f"; the key is in {key_file}" if key_file is not None else ""
    remark(f"Remint's agent is at {address}{key}.")
