"""The origins (RFC 6454) that a token may be shown to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from remint.errors import ConfigurationError

_PORTS: Final = {"http": 80, "https": 443}


@lru_cache(maxsize=1024)
def origin_of(url: str) -> str:
    """Scheme, host and port of an address, always spelt the same way; empty where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.hostname.lower()}:{port or _PORTS.get(scheme, 0)}"


class Origins:
    """Which addresses may see the token: those of the origins that are named, or else any."""

    def __init__(self, named: Iterable[str] | None) -> None:
        self._named = None if named is None else frozenset(map(_read, _listed(named)))

    @property
    def is_open(self) -> bool:
        """Whether none are named."""
        return self._named is None

    def admit(self, url: object) -> bool:
        """Whether a request to this address may show the token."""
        return self._named is None or origin_of(str(url)) in self._named


def _listed(named: Iterable[str]) -> Iterable[str]:
    return (named,) if isinstance(named, str) else named


def _read(text: str) -> str:
    parts = urlsplit(text)
    origin = origin_of(text)
    if not origin or parts.path not in ("", "/") or parts.query or "@" in parts.netloc:
        raise ConfigurationError(
            f"{text!r} is no origin", key="origins", expected="such as https://api.example.com"
        )
    return origin
