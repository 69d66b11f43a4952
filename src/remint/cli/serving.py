"""``remint serve``: the issuer in the foreground."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remint.cli.options import Config, DataDir
from remint.issuer.settings import load_settings

if TYPE_CHECKING:
    from remint.issuer.installation import Installation


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen at.", metavar="ADDRESS", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The port; 0 takes a free one.", metavar="PORT", show_default="8080"),
    ] = None,
    data_dir: DataDir = None,
    workers: Annotated[
        int | None,
        typer.Option(help="How many processes share the port.", metavar="N", show_default="1"),
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="uvicorn or granian.", metavar="NAME", show_default=False)
    ] = None,
    issuer_url: Annotated[
        str | None,
        typer.Option(
            help="The address that the world knows it by, which access tokens name as their issuer.",
            metavar="URL",
            show_default="from host and port",
        ),
    ] = None,
    config: Config = None,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Make a demonstration workspace, and print curl lines that use it."
        ),
    ] = False,
    credentials: Annotated[
        Path | None,
        typer.Option(
            help="With --demo: write what the curl lines use to this file too, as JSON with mode 0600.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
) -> None:
    r"""Runs the issuer until it is stopped: by Ctrl-C or SIGTERM, after which it answers what it accepted.

    An option wins over the environment, and that over the configuration file. Every setting has a name in
    the file and, with REMINT_ before it and in capitals, in the environment.

    \b
        remint serve --demo                          # try it: everything is made for you
        remint serve --port 8443 --data-dir /var/lib/remint --workers 2
        REMINT_PORT=9000 remint serve --config /etc/remint.toml
    """
    if credentials is not None and not demo:
        raise typer.BadParameter("is for --demo", param_hint="--credentials")
    given = {
        "host": host,
        "port": port,
        "data_dir": data_dir,
        "workers": workers,
        "server": server,
        "issuer_url": issuer_url,
    }
    settings = load_settings(given, file=config)
    on_ready: Callable[[Installation], None] | None = None
    if demo:
        # Late, here and below: a start that needs none of it should not wait for it.
        from remint.cli.demonstration import present
        from remint.issuer.demo import check_loopback

        check_loopback(settings)
        on_ready = partial(present, credentials=credentials)
    from remint.issuer.serving import run

    run(settings, on_ready=on_ready)
