"""``remint serve``: the issuer in the foreground."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remint.cli.opening import told_place
from remint.cli.output import remark
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.installation import Installation

Host = Annotated[
    str | None,
    typer.Option(help="The address to listen at; else 127.0.0.1.", metavar="ADDRESS"),
]
Port = Annotated[
    int | None,
    typer.Option(help="The port, 0 for a free one; else 8080.", metavar="PORT"),
]
Workers = Annotated[
    int | None,
    typer.Option(help="How many processes share the port; else one.", metavar="N"),
]
Server = Annotated[
    str | None, typer.Option(help="uvicorn or granian; else uvicorn.", metavar="NAME")
]
IssuerUrl = Annotated[
    str | None,
    typer.Option(
        "--issuer-url",
        help="The address that the world knows it by, which access tokens name as their issuer; else it is"
        " made of host and port.",
        metavar="URL",
    ),
]
Demo = Annotated[
    bool,
    typer.Option(
        "--demo",
        help="Make a demonstration workspace, and print curl lines that use it. On this machine only.",
        metavar="",
    ),
]
Credentials = Annotated[
    Path | None,
    typer.Option(
        help="With --demo: write what the curl lines use to this file too, as JSON with mode 0600.",
        metavar="FILE",
        show_default=False,
    ),
]


def serve(
    host: Host = None,
    port: Port = None,
    *,
    where: Whereabouts,
    workers: Workers = None,
    server: Server = None,
    issuer_url: IssuerUrl = None,
    demo: Demo = False,
    credentials: Credentials = None,
) -> None:
    """Runs the issuer until it is stopped: by Ctrl-C or SIGTERM, after which it answers what it accepted.

    An option wins over the environment, and that over the configuration file. Every setting has a name in
    the file and, with REMINT_ before it and in capitals, in the environment: REMINT_PORT is the port.

    As long as nobody has an account, it prints a link by which the first person sets the console up. A later
    start prints another, and ends the one before.

    A demonstration keeps its data, too: secrets, keys and passwords are the same at each start. Refresh
    tokens are new each time, since each is used up by its first use; those of earlier starts stay good.

        remint serve --demo
        remint serve --port 8443 --data-dir /var/lib/remint --workers 2
        remint serve --database postgresql://remint@db.example.com/remint
        REMINT_PORT=9000 remint serve --config /etc/remint.toml
    """
    if credentials is not None and not demo:
        raise typer.BadParameter("is for --demo only", param_hint="--credentials")

    given = {
        "host": host,
        "port": port,
        "workers": workers,
        "server": server,
        "issuer_url": issuer_url,
    }
    settings = where.settings(**given)
    on_ready = _announce
    if demo:
        from remint.cli.demonstration import present
        from remint.issuer.apps.demo import check_loopback

        check_loopback(settings)
        on_ready = partial(present, credentials=credentials)
    from remint.issuer.server.serving import run

    run(settings, on_ready=on_ready)


def _announce(installation: Installation) -> None:
    from remint.issuer.people.invitations import setup_link

    settings = installation.settings
    where = told_place(settings, installation.place)
    remark(f"Remint serves at {settings.base_url}, with its data in {where}.")
    address = setup_link(installation)
    if address is not None:
        remark(f"Set the console up by this link, good once and for a day: {address.reveal()}")
