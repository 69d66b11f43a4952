"""What travels, freed of how it travels: the messages that a dialect translates to and from the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from remint.secret import OwnRepr


class TokenRequest(OwnRepr, msgspec.Struct, gc=False):
    """A call for a token, by meaning. A field the call did not carry is ``None``.

    ``grant_type`` is RFC 6749's name for what is offered: ``refresh_token``, ``password``,
    ``client_credentials`` or ``authorization_code``; ``code`` and ``redirect_uri`` belong to the last of
    them (§4.1.3), and so does ``code_verifier`` (RFC 7636 §4.5).
    ``client_number`` is a client known by a 32-bit number instead of a name, ``access_token`` the old
    one, where a dialect wants it back. ``extras`` holds the dialect's own meanings. Shown or logged, it
    gives away nothing: see ``__repr__``.
    """

    grant_type: str
    refresh_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_number: int | None = None
    api_key: str | None = None
    scope: str | None = None
    username: str | None = None
    password: str | None = None
    access_token: str | None = None
    code: str | None = None
    code_verifier: str | None = None
    redirect_uri: str | None = None
    extras: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"TokenRequest(grant_type={self.grant_type!r}, …)"


class TokenAnswer(OwnRepr, msgspec.Struct, gc=False):
    """A success, by meaning.

    ``access_token`` is empty where the answer brings none and the old one lives on.
    ``expires_in`` is the access token's lifetime in seconds; ``access_expires_at`` and
    ``refresh_expires_at`` are seconds since the epoch, ``None`` where it never ends or is not known.
    ``extras`` holds what the dialect adds (``user_id``, ``company_id``, …).
    """

    access_token: str
    expires_in: int | None = None
    access_expires_at: int | None = None
    token_type: str = "Bearer"
    refresh_token: str | None = None
    refresh_expires_at: int | None = None
    scope: str | None = None
    id_token: str | None = None
    extras: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"TokenAnswer(expires_in={self.expires_in!r}, …)"


class WireRequest(OwnRepr, msgspec.Struct):
    """A request as it goes out: method, absolute URL, headers and body."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes

    def __repr__(self) -> str:
        return f"WireRequest(method={self.method!r}, …)"


class WireAnswer(OwnRepr, msgspec.Struct, gc=False):
    """An answer as it travels: status, headers as ASGI wants them, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def __repr__(self) -> str:
        return f"WireAnswer(status={self.status!r}, …)"
