"""Addresses of databases on a command line, which everybody on the machine can read."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit


def shows_password(address: str) -> bool:
    """Whether there is a password in a URL, or may be."""
    try:
        parts = urlsplit(address)
        return bool(parts.password) or "password" in parse_qs(parts.query)
    except ValueError:
        return True
