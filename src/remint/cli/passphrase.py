"""The passphrase of an export: typed unseen, or in a file."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from remint.cli.inputs import asks
from remint.cli.secretsfile import read_private
from remint.errors import ConfigurationError
from remint.secret import Secret

SHORTEST: Final = 8

PassphraseFile = Annotated[
    str,
    typer.Option(
        "--passphrase-file",
        help="Read the passphrase from the first line of this file, of mode 0600; else it is asked for.",
        metavar="FILE",
        show_default=False,
    ),
]


def passphrase_of(file: str, *, is_new: bool) -> Secret:
    """The passphrase; typed twice where it is new. Raises ``ConfigurationError`` where nobody can type."""
    if file:
        text = read_private(file).split(b"\n", 1)[0].decode(errors="replace").rstrip("\r")
    elif asks():
        text = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True)
    else:
        raise ConfigurationError(
            "is missing, and there is no terminal to ask for it at",
            key="passphrase",
            expected="--passphrase-file FILE",
        )
    if is_new and len(text) < SHORTEST:
        raise ConfigurationError(
            "is too short", key="passphrase", expected=f"{SHORTEST} characters, better 20"
        )
    return Secret(text)
