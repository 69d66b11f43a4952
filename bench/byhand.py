"""The four wire formats as one would write them by hand with msgspec: the measure for the compiled dialects.

Each does what its contract asks and no more care than a good programmer takes without being asked: types,
lengths, missing and doubled parameters, a content type. The serving side raises ``ValueError`` for all of
them, where the compiled dialects say which and how.
"""

import base64
from datetime import UTC, datetime
from typing import Annotated, Protocol
from urllib.parse import quote_plus, unquote_plus, urlencode

import msgspec

from remint.dialect import TokenAnswer, TokenRequest, WireAnswer, WireRequest

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Headers = list[tuple[bytes, bytes]]

_encode = msgspec.json.Encoder().encode
_JSON = (b"application/json", b"application/json; charset=utf-8")


def _single(headers: Headers, *names: bytes) -> dict[bytes, bytes]:
    """The headers by name, none of ``names`` twice."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in found and name in names:
            raise ValueError(name)
        found[name] = value
    return found


def _parameters(raw: bytes) -> dict[str, str]:
    """Form-urlencoded parameters, none twice."""
    found: dict[str, str] = {}
    for pair in raw.decode().split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
        if name in found:
            raise ValueError(name)
        found[name] = value
    return found


def _checked(value: str | None) -> str:
    if not value or len(value) > 4096 or not value.isprintable():
        raise ValueError("parameter")
    return value


def _body(headers: dict[bytes, bytes], body: bytes, *names: bytes) -> bytes:
    if headers.get(b"content-type") not in _JSON:
        raise ValueError("content type")
    for name in names:
        if body.count(name + b":") > 1:
            raise ValueError(name)
    return body


def _answer(body: bytes) -> WireAnswer:
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"pragma", b"no-cache"),
        (b"content-length", b"%d" % len(body)),
    ]
    return WireAnswer(200, headers, body)


class FlatAnswer(msgspec.Struct, omit_defaults=True):
    """RFC 6749 §5.1's answer."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None


_flat = msgspec.json.Decoder(FlatAnswer).decode


def _read_flat(answer: WireAnswer, *, now_ms: int) -> TokenAnswer:
    if answer.status != 200:
        raise ValueError(answer.status)
    flat = _flat(answer.body)
    if not flat.access_token:
        raise ValueError("access_token")
    return TokenAnswer(
        access_token=flat.access_token,
        expires_in=flat.expires_in,
        access_expires_at=now_ms // 1000 + flat.expires_in,
        token_type=flat.token_type,
        refresh_token=flat.refresh_token,
        scope=flat.scope,
        id_token=flat.id_token,
    )


def _write_flat(answer: TokenAnswer) -> WireAnswer:
    if answer.expires_in is None:
        raise ValueError("expires_in")
    flat = FlatAnswer(
        answer.access_token,
        answer.token_type,
        answer.expires_in,
        answer.refresh_token,
        answer.scope,
        answer.id_token,
    )
    return _answer(_encode(flat))


class Codec(Protocol):
    """One wire format: the serving side, then the calling side."""

    def decode(self, path: str, query: bytes, headers: Headers, body: bytes) -> TokenRequest: ...

    def encode(self, answer: TokenAnswer) -> WireAnswer: ...

    def ask(self, request: TokenRequest, base_url: str) -> WireRequest: ...

    def read(self, answer: WireAnswer, *, now_ms: int) -> TokenAnswer: ...


class OAuth2:
    """`oauth2`."""

    def decode(self, path: str, query: bytes, headers: Headers, body: bytes) -> TokenRequest:
        found = _single(headers, b"authorization", b"content-type")
        if found.get(b"content-type") != b"application/x-www-form-urlencoded":
            raise ValueError("content type")
        form = _parameters(body)
        if form.get("grant_type") != "refresh_token":
            raise ValueError("grant_type")
        client_id, client_secret = form.get("client_id"), form.get("client_secret")
        authorization = found.get(b"authorization")
        if authorization is not None:
            if client_secret is not None or not authorization.startswith(b"Basic "):
                raise ValueError("authorization")
            text = base64.b64decode(authorization[6:], validate=True).decode()
            client_id, _, client_secret = text.partition(":")
            if "%" in text or "+" in text:
                client_id, client_secret = unquote_plus(client_id), unquote_plus(client_secret)
        scope = form.get("scope")
        return TokenRequest(
            "refresh_token",
            refresh_token=_checked(form.get("refresh_token")),
            client_id=_checked(client_id),
            client_secret=client_secret if client_secret is None else _checked(client_secret),
            scope=scope if scope is None else _checked(scope),
        )

    encode = staticmethod(_write_flat)

    def ask(self, request: TokenRequest, base_url: str) -> WireRequest:
        form = {"grant_type": "refresh_token", "refresh_token": request.refresh_token}
        if request.scope is not None:
            form["scope"] = request.scope
        user, password = (
            quote_plus(request.client_id or ""),
            quote_plus(request.client_secret or ""),
        )
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = [
            ("Authorization", f"Basic {basic}"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        return WireRequest("POST", f"{base_url}/oauth/token", headers, urlencode(form).encode())

    read = staticmethod(_read_flat)


class EshopboxBody(msgspec.Struct):
    """What `eshopbox` is sent."""

    grant_type: Text
    client_id: Text
    client_secret: Text
    refresh_token: Text


class Eshopbox:
    """`eshopbox`."""

    _decode = msgspec.json.Decoder(EshopboxBody).decode

    def decode(self, path: str, query: bytes, headers: Headers, body: bytes) -> TokenRequest:
        found = _single(headers, b"content-type")
        names = (b'"grant_type"', b'"client_id"', b'"client_secret"', b'"refresh_token"')
        message = self._decode(_body(found, body, *names))
        if message.grant_type != "refresh_token":
            raise ValueError("grant_type")
        return TokenRequest(
            "refresh_token",
            refresh_token=_checked(message.refresh_token),
            client_id=_checked(message.client_id),
            client_secret=_checked(message.client_secret),
        )

    encode = staticmethod(_write_flat)

    def ask(self, request: TokenRequest, base_url: str) -> WireRequest:
        if (
            request.client_id is None
            or request.client_secret is None
            or request.refresh_token is None
        ):
            raise ValueError("request")
        body = EshopboxBody(
            "refresh_token", request.client_id, request.client_secret, request.refresh_token
        )
        headers = [("Content-Type", "application/json")]
        return WireRequest("POST", f"{base_url}/api/v1/generateToken", headers, _encode(body))

    def read(self, answer: WireAnswer, *, now_ms: int) -> TokenAnswer:
        found = _read_flat(answer, now_ms=now_ms)
        if found.scope and "," in found.scope:
            found.scope = " ".join(found.scope.replace(",", " ").split())
        return found


class PartnerBody(msgspec.Struct):
    """What `partner` is sent."""

    refresh_token: Text = msgspec.field(name="refreshToken")


class Partner:
    """`partner`."""

    _decode = msgspec.json.Decoder(PartnerBody).decode

    def decode(self, path: str, query: bytes, headers: Headers, body: bytes) -> TokenRequest:
        found = _single(headers, b"partnerid", b"granttype", b"content-type")
        if found[b"granttype"] != b"refresh_token":
            raise ValueError("grantType")
        raw = found[b"partnerid"]
        if not raw.removeprefix(b"-").isdigit() or not -(2**31) <= (number := int(raw)) < 2**31:
            raise ValueError("partnerId")
        message = self._decode(_body(found, body, b'"refreshToken"'))
        return TokenRequest(
            "refresh_token", refresh_token=_checked(message.refresh_token), client_number=number
        )

    encode = staticmethod(_write_flat)

    def ask(self, request: TokenRequest, base_url: str) -> WireRequest:
        if request.refresh_token is None or request.client_number is None:
            raise ValueError("request")
        headers = [
            ("partnerId", str(request.client_number)),
            ("grantType", "refresh_token"),
            ("Content-Type", "application/json"),
        ]
        body = _encode(PartnerBody(request.refresh_token))
        return WireRequest("POST", f"{base_url}/v1/auth/token", headers, body)

    read = staticmethod(_read_flat)


class GenlogsToken(msgspec.Struct):
    """A token and its end."""

    token: str
    expires: datetime


class GenlogsAnswer(msgspec.Struct, omit_defaults=True):
    """What `genlogs` answers."""

    access_token_data: GenlogsToken
    refresh_token_data: GenlogsToken
    user_id: str
    company_id: int
    customer_name: str | None = None


class GenlogsBody(msgspec.Struct):
    """What `genlogs` is sent, where the query has it not."""

    refresh_token: Text


class Genlogs:
    """`genlogs`."""

    _decode = msgspec.json.Decoder(GenlogsBody).decode
    _read = msgspec.json.Decoder(GenlogsAnswer).decode

    def decode(self, path: str, query: bytes, headers: Headers, body: bytes) -> TokenRequest:
        found = _single(headers, b"x-api-key", b"content-type")
        refresh_token = _parameters(query).get("refresh_token") if query else None
        if body:
            if refresh_token:
                raise ValueError("refresh_token")
            refresh_token = self._decode(_body(found, body, b'"refresh_token"')).refresh_token
        return TokenRequest(
            "refresh_token",
            refresh_token=_checked(refresh_token),
            api_key=_checked(found[b"x-api-key"].decode("ascii")),
        )

    def encode(self, answer: TokenAnswer) -> WireAnswer:
        if answer.access_expires_at is None or answer.refresh_expires_at is None:
            raise ValueError("expiry")
        extras = answer.extras or {}
        body = GenlogsAnswer(
            GenlogsToken(
                answer.access_token, datetime.fromtimestamp(answer.access_expires_at, UTC)
            ),
            GenlogsToken(
                answer.refresh_token or "", datetime.fromtimestamp(answer.refresh_expires_at, UTC)
            ),
            extras["user_id"],
            extras["company_id"],
            extras.get("customer_name"),
        )
        return _answer(_encode(body))

    def ask(self, request: TokenRequest, base_url: str) -> WireRequest:
        if request.refresh_token is None or request.api_key is None:
            raise ValueError("request")
        query = urlencode({"refresh_token": request.refresh_token})
        headers = [("accept", "application/json"), ("x-api-key", request.api_key)]
        return WireRequest("POST", f"{base_url}/auth/token/refresh?{query}", headers, b"")

    def read(self, answer: WireAnswer, *, now_ms: int) -> TokenAnswer:
        if answer.status != 200:
            raise ValueError(answer.status)
        body = self._read(answer.body)
        expires_at = int(body.access_token_data.expires.timestamp())
        extras: dict[str, str | int] = {"user_id": body.user_id, "company_id": body.company_id}
        if body.customer_name is not None:
            extras["customer_name"] = body.customer_name
        return TokenAnswer(
            access_token=body.access_token_data.token,
            expires_in=max(0, expires_at - now_ms // 1000),
            access_expires_at=expires_at,
            refresh_token=body.refresh_token_data.token,
            refresh_expires_at=int(body.refresh_token_data.expires.timestamp()),
            extras=extras,
        )


BY_HAND: dict[str, Codec] = {
    "oauth2": OAuth2(),
    "eshopbox": Eshopbox(),
    "partner": Partner(),
    "genlogs": Genlogs(),
}
