"""The command itself: its parts, its version, and how an error ends it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import remint
from remint.cli.apikey import app as api_key_commands
from remint.cli.apps import app as app_commands
from remint.cli.dialect import app as dialect_commands
from remint.cli.grant import app as grant_commands
from remint.cli.help import command, taught
from remint.cli.importing import import_tokens
from remint.cli.key import app as key_commands
from remint.cli.serving import serve
from remint.cli.user import app as user_commands
from remint.errors import RemintError

_ABOUT = """Renews OAuth tokens, durably, in whatever wire format an API speaks.

Try it, with everything made for you, and copy a line that it prints:

    remint serve --demo

In earnest: make an app for a client, issue it a grant, and serve.

    remint app create "Acme orders" --dialect oauth2
    remint grant issue CLIENT_ID --subject user-1
    remint serve --port 8080

Commands work while the server runs. The data directory, and every other setting, can also come from the
environment (REMINT_DATA_DIR) or a configuration file (--config). With --json a command prints for machines.
"""

app = typer.Typer(
    name="remint",
    help=taught(_ABOUT),
    add_completion=False,
    no_args_is_help=True,
    # A traceback with the variables of each frame would show secrets.
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)
command(app, "serve")(serve)
for _noun, _commands in {
    "app": app_commands,
    "api-key": api_key_commands,
    "user": user_commands,
    "grant": grant_commands,
    "key": key_commands,
    "dialect": dialect_commands,
}.items():
    app.add_typer(_commands, name=_noun)
command(app, "import")(import_tokens)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"remint {remint.__version__}")
        raise typer.Exit


@app.callback(help=taught(_ABOUT))
def remint_command(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and stop.",
            callback=_show_version,
            is_eager=True,
            metavar="",
        ),
    ] = False,
) -> None:
    """See ``_ABOUT``: the command's own help."""


def main() -> None:
    """Runs the command. A fault is one line on standard error and exit status 1; wrong usage is 2."""
    try:
        app()
    except RemintError as error:
        typer.echo(f"remint: {' '.join(str(error).split())}", err=True)
        sys.exit(1)
