"""Token files of other libraries: what Authlib, requests-oauthlib, google-auth and gcloud keep."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from remint.errors import ConfigurationError

_GOOGLE_TOKEN_URL: Final = "https://oauth2.googleapis.com/token"
_KINDS: Final = "a token of Authlib or requests-oauthlib, or credentials of google-auth, as JSON"


class ForeignTokens(msgspec.Struct, frozen=True):
    """What a file holds: ``credentials`` by meaning, and the token endpoint if it names one."""

    credentials: dict[str, str]
    expires_at_ms: int | None = None
    token_url: str = ""

    def __repr__(self) -> str:
        return f"ForeignTokens(credentials={sorted(self.credentials)!r}, …)"


def read_foreign(text: bytes, where: object) -> ForeignTokens:
    """What one of those files holds. Raises ``ConfigurationError``, which never quotes it."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if isinstance(found, dict):
        # A session is often kept whole, with its token inside.
        inner = found.get("token")
        if isinstance(inner, dict):
            found = inner
        if "client_id" in found and (
            "token_uri" in found or found.get("type") == "authorized_user"
        ):
            return _of_google(found)
        if isinstance(found.get("access_token"), str) or isinstance(
            found.get("refresh_token"), str
        ):
            return _of_oauthlib(found)
    raise ConfigurationError(
        "holds no tokens that are known here", file=str(where), expected=_KINDS
    )


def _of_google(found: dict[str, Any]) -> ForeignTokens:
    names = {
        "token": "access_token",
        "refresh_token": "refresh_token",
        "client_id": "client_id",
        "client_secret": "client_secret",
    }
    url = found.get("token_uri")
    return ForeignTokens(
        _texts(found, names),
        _moment_ms(found.get("expiry")),
        url if isinstance(url, str) and url else _GOOGLE_TOKEN_URL,
    )


def _of_oauthlib(found: dict[str, Any]) -> ForeignTokens:
    names = {name: name for name in ("access_token", "refresh_token", "client_id", "client_secret")}
    return ForeignTokens(_texts(found, names), _moment_ms(found.get("expires_at")))


def _texts(found: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    texts = {meaning: found.get(name) for name, meaning in names.items()}
    return {key: value for key, value in texts.items() if isinstance(value, str) and value}


def _moment_ms(value: Any) -> int | None:
    if isinstance(value, str):
        try:
            at = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
        # google-auth writes UTC, and does not say so.
        return int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp() * 1000)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 10**11:
        return int(value * 1000)
    return None
