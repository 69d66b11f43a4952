"""The command itself: its parts, its version, and how an error ends it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import remint
from remint.cli import serving
from remint.cli.app import app as app_commands
from remint.cli.grant import app as grant_commands
from remint.errors import RemintError

app = typer.Typer(
    name="remint",
    add_completion=False,
    no_args_is_help=True,
    # A traceback with the variables of each frame would show secrets.
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("serve")(serving.serve)
app.add_typer(app_commands, name="app")
app.add_typer(grant_commands, name="grant")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"remint {remint.__version__}")
        raise typer.Exit


@app.callback()
def remint_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    r"""Renews OAuth tokens, durably, in whatever wire format an API speaks.

    Try it, with everything made for you, and copy a line that it prints:

    \b
        remint serve --demo

    In earnest: make an app for a client, issue it a grant, and serve.

    \b
        remint app create "Acme orders" --dialect oauth2
        remint grant issue CLIENT_ID --subject user-1
        remint serve --port 8080

    Commands work while the server runs. The data directory, and every other setting, can also come from
    the environment (REMINT_DATA_DIR) or a configuration file (--config).
    """


def main() -> None:
    """Runs the command. A fault is one line on standard error and exit status 1; wrong usage is 2."""
    try:
        app()
    except RemintError as error:
        typer.echo(f"remint: {error}", err=True)
        sys.exit(1)
