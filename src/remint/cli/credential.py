"""Secrets on their way in: from standard input or a prompt, never from the command line."""

from __future__ import annotations

import sys

import typer

from remint.secret import Secret


def read_secret() -> Secret:
    """The first line of standard input. Raises a usage error if it is empty."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise typer.BadParameter("standard input is empty; a secret was expected there")
    return Secret(line)


def ask_password(otherwise: str) -> Secret:
    """A password typed twice without being shown.

    Raises a usage error where nobody can type, with ``otherwise`` as the options to use there.
    """
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"there is no terminal to ask for a password at: use {otherwise}")
    return Secret(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
