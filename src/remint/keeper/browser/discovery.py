"""What an issuer says of itself at its well-known address (RFC 8414, OpenID Connect Discovery)."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec

from remint.dialect import WireRequest
from remint.errors import ConfigurationError
from remint.keeper.effects import Received, Send

_OAUTH: Final = "oauth-authorization-server"
_OPENID: Final = "openid-configuration"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Metadata(msgspec.Struct, frozen=True):
    """The few members that are of use here. ``authorization_endpoint`` may be empty: not all have one."""

    issuer: str
    token_endpoint: str
    authorization_endpoint: str = ""


class Sender(Protocol):
    """What makes the calls: an ``Exchange``."""

    def send(self, send: Send) -> object:
        """Makes one call; what went wrong is a result too."""


def discover(issuer: str, sender: Sender, *, insecure: bool = False) -> Metadata:
    """The metadata of ``issuer``, from the first of its well-known addresses that has some.

    Raises ``ConfigurationError`` where there is none, or where it is another issuer's (RFC 8414 §3.3):
    whoever answers there must not have tokens sent to a place of its choice.
    """
    check_address(issuer, "issuer", insecure=insecure)
    tried = []
    for address in _well_known(issuer):
        result = sender.send(Send(WireRequest("GET", address, [], b""), lambda: True))
        if isinstance(result, Received) and result.status == 200:
            return _checked(result.body, issuer, address, insecure=insecure)
        why = f"status {result.status}" if isinstance(result, Received) else str(result[0])  # type: ignore[index]
        tried.append(f"{address} ({why})")
    raise ConfigurationError(
        f"has no metadata at {' or '.join(tried)}",
        key="issuer",
        expected="the issuer's own name for itself, or the addresses of its endpoints",
    )


def check_address(url: str, key: str, *, insecure: bool = False) -> None:
    """Raises ``ConfigurationError`` for what is no ``https`` address, or none of this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    is_safe = parts.scheme == "https" or host in _LOOPBACK or insecure
    if parts.scheme not in ("http", "https") or not host or not is_safe or parts.fragment:
        raise ConfigurationError("will not do", key=key, expected="an https:// address")


def _well_known(issuer: str) -> list[str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    # RFC 8414 §3.1 puts the name before the path, OpenID Connect Discovery 1.0 §4 behind it.
    places = [f"/.well-known/{_OAUTH}{path}", f"{path}/.well-known/{_OPENID}"]
    return [urlunsplit((parts.scheme, parts.netloc, place, "", "")) for place in places]


def _checked(body: bytes, issuer: str, address: str, *, insecure: bool) -> Metadata:
    try:
        found = msgspec.json.decode(body, type=Metadata)
    except msgspec.MsgspecError:
        raise ConfigurationError(
            f"the answer of {address} is no metadata",
            key="issuer",
            expected="JSON with issuer and token_endpoint (RFC 8414 §2)",
        ) from None
    if found.issuer.rstrip("/") != issuer.rstrip("/"):
        raise ConfigurationError(
            f"{address} speaks for another issuer", key="issuer", expected=f"{issuer} there"
        )
    check_address(found.token_endpoint, "token_endpoint", insecure=insecure)
    if found.authorization_endpoint:
        check_address(found.authorization_endpoint, "authorization_endpoint", insecure=insecure)
    return found
