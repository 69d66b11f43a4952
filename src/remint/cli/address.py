"""Addresses of databases on a command line, which everybody on the machine can read."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import typer


def refuse_password(address: str, option: str, ways: str) -> None:
    """Raises a usage error where an address has, or may have, a password in it; ``ways`` tells what to do."""
    if _shows_password(address):
        raise typer.BadParameter(
            f"has a password in it, which everybody on this machine can see: {ways}",
            param_hint=option,
        )


def _shows_password(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.password) or "password" in parse_qs(parts.query)
    except ValueError:
        return True
