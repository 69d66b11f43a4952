"""The command itself: what it says of itself, and its version."""

from __future__ import annotations

from typing import Annotated

import typer

import remint
from remint.cli.help import taught
from remint.cli.lazygroup import LazyGroup

_ABOUT = """Renews OAuth tokens, durably, in whatever wire format an API speaks.

The keeper, for those who call APIs: connect once, and have a token that works, always.

    remint connect acme --dialect oauth2 --base-url https://id.example.com
    curl -H "Authorization: Bearer $(remint token acme)" https://api.example.com/orders
    remint status

The issuer, for those who run one. Try it, with everything made for you, and copy a line that it prints:

    remint serve --demo

In earnest: make an app for a client, issue it a grant, and serve.

    remint app create "Acme orders" --dialect oauth2
    remint grant issue CLIENT_ID --subject user-1
    remint serve --port 8080

Commands work while the server runs. The data directory, and every other setting, can also come from the
environment (REMINT_DATA_DIR) or a configuration file (--config). With --json a command prints for machines.

The exit status is 0 when it is done, 1 after a fault, 2 for wrong usage. For the keeper's commands it is
3 where a connection is dead and wants a person, 4 where trying again later will do, and 5 where there is no
connection of that name.
"""

app = typer.Typer(
    name="remint",
    cls=LazyGroup,
    help=taught(_ABOUT),
    add_completion=False,
    no_args_is_help=True,
    # A traceback with the variables of each frame would show secrets.
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)


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
