"""Where a database is and how it is reached: what the URL says, and what is safe where it says nothing."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from remint.errors import ConfigurationError
from remint.secret import Secret

_EXPECTED: Final = (
    "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with % codes for @, : and / in a password"
)

_NAME: Final = re.compile("[a-z_]{1,32}")
#: A server that is gone without a word is noticed in about a minute, also by a connection that only waits.
_DEFAULTS: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Address:
    """A database, by its URL. ``environ`` is where libpq finds what the URL does not say.

    ``name`` is what the server's lists of connections call us, ``key`` the setting that the URL is from.
    Raises ``ConfigurationError``.
    """

    def __init__(self, url: str, environ: Mapping[str, str], *, name: str, key: str) -> None:
        given = _parsed(url, key)
        self.password = Secret(str(given.pop("password", "")))
        self.parameters = {
            "application_name": name,
            **_DEFAULTS,
            **_secured(given, environ),
            **given,
        }
        hosts = _hosts(given, environ)
        if len(hosts) > 1:
            # Of several servers one is the primary, and not always the same.
            self.parameters.setdefault("target_session_attrs", "read-write")
        self._label = _labelled(given, hosts)

    def connect_with(self) -> dict[str, Any]:
        """What psycopg takes. Holds the password."""
        password = self.password.reveal()
        return {**self.parameters, "password": password} if password else dict(self.parameters)

    def masked(self, text: str) -> str:
        """Somebody else's words, without the password."""
        password = self.password.reveal()
        return text.replace(password, "…") if password else text

    def __str__(self) -> str:
        return self._label

    def __repr__(self) -> str:
        return f"Address({self._label!r})"


def _parsed(url: str, key: str) -> dict[str, Any]:
    try:
        # libpq takes what is behind the first @ for a host, and would name it in its errors.
        if url.partition("?")[0].count("@") <= 1:
            return dict(conninfo_to_dict(url))
    except psycopg.Error:
        # Its text quotes the URL.
        pass
    unknown = _unknown(url)
    said = f"{unknown} is no parameter of one" if unknown else "this is no address of a database"
    raise ConfigurationError(said, key=key, expected=_EXPECTED)


def _unknown(url: str) -> str:
    """The parameter that libpq does not know, if that is what is wrong. Nothing that may be of a password."""
    query = url.partition("?")[2]
    known = {option.keyword.decode() for option in Conninfo.get_defaults()} | {"ssl"}
    names = [part.partition("=")[0] for part in query.split("&")]
    if "@" in query or not all(_NAME.fullmatch(name) for name in names):
        return ""
    return next((name for name in names if name not in known), "")


def _labelled(given: Mapping[str, Any], hosts: list[str]) -> str:
    """What errors call it: enough to tell two apart."""
    ports = str(given.get("port", "")).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    named = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)]
    service = f"?service={given['service']}" if "service" in given else ""
    return f"postgresql://{','.join(named)}/{given.get('dbname', '')}{service}"


def _hosts(given: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    named = given.get("hostaddr") or given.get("host") or environ.get("PGHOST") or ""
    return str(named).split(",")


def _secured(given: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """TLS with a server that shows who it is, unless somebody decided otherwise or it is this machine."""
    if "sslmode" in given or environ.get("PGSSLMODE"):
        return {}
    if all(_is_local(host) for host in _hosts(given, environ)):
        return {}
    secured = {"sslmode": "verify-full"}
    is_known = "sslrootcert" in given or environ.get("PGSSLROOTCERT")
    if not is_known and not (Path.home() / ".postgresql" / "root.crt").exists():
        # A libpq that comes in a wheel looks for the system's certificates where there are none.
        secured["sslrootcert"] = ssl.get_default_verify_paths().cafile or "system"
    return secured


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
