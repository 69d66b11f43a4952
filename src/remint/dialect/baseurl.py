"""Where a provider is: an absolute URL, in which ``{name}`` stands for what differs by tenant or region."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from remint.dialect.table import Table
from remint.errors import ConfigurationError

_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
#: A label of a host or a few, or one step of a path; nothing that leads elsewhere.
_FILLING = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9])){0,199}")


def read_base_url(table: Table) -> str:
    """The key ``base_url`` of a dialect; empty where there is none."""
    url = table.text("base_url") or ""
    if not url:
        return ""
    parts = urlsplit(_PLACEHOLDER.sub("x", url))
    sound = parts.scheme in ("https", "http") and parts.hostname and not parts.query
    if not sound or "@" in parts.netloc or parts.fragment or "{" in parts.geturl():
        raise table.wrong("base_url", f"{url!r} is no base of addresses")
    return url.rstrip("/")


def placeholders(url: str) -> tuple[str, ...]:
    """The extras that fill ``url``, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(url)))


def filled(url: str, extras: Mapping[str, Any]) -> str:
    """``url`` with its placeholders filled.

    Raises ``ConfigurationError`` where one is missing, or would lead to another place than it should.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        text = str(extras.get(name) or "")
        if not _FILLING.fullmatch(text):
            raise ConfigurationError(
                "cannot stand in the address" if text else "is missing from the address",
                key=f"extras.{name}",
                expected="letters, digits, hyphens and single dots",
            )
        return text

    return _PLACEHOLDER.sub(value, url)
