"""Each dialect's calls as its callers write them, straight from the contracts."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote_plus, urlencode

from tests.contracts.wire import Answer, Headers, Message, Wire
from tests.contracts.workspace import Client, Person


def basic(user: str, password: str) -> tuple[str, bytes]:
    """The header of RFC 6749 §2.3.1: both halves are urlencoded first."""
    both = f"{quote_plus(user)}:{quote_plus(password)}"
    return "Authorization", b"Basic " + base64.b64encode(both.encode())


def post_form(
    wire: Wire, path: str, form: dict[str, Any], headers: Headers | None = None
) -> Answer:
    """A POST with a form body."""
    kind = ("Content-Type", b"application/x-www-form-urlencoded")
    return wire.send(Message("POST", path, [kind, *(headers or [])], urlencode(form).encode()))


def post_json(wire: Wire, path: str, body: Any, headers: Headers | None = None) -> Answer:
    """A POST with a JSON body."""
    kind = ("Content-Type", b"application/json")
    return wire.send(Message("POST", path, [kind, *(headers or [])], json.dumps(body).encode()))


def renew_oauth2(wire: Wire, client: Client, token: str, **more: Any) -> Answer:
    """RFC 6749 §6, the client in Basic."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    return post_form(wire, "/oauth/token", form, [basic(client.id, client.secret)])


def renew_eshopbox(wire: Wire, client: Client, token: str, **more: Any) -> Answer:
    """eshopbox.md, Renewing."""
    body = {
        "grant_type": "refresh_token",
        "client_id": client.id,
        "client_secret": client.secret,
        "refresh_token": token,
        **more,
    }
    return post_json(wire, "/api/v1/generateToken", body)


def partner_headers(client: Client, grant_type: str) -> Headers:
    """partner.md: who calls, and for what."""
    return [("partnerId", str(client.number).encode()), ("grantType", grant_type.encode())]


def renew_partner(wire: Wire, client: Client, token: str) -> Answer:
    """partner.md."""
    headers = partner_headers(client, "refresh_token")
    return post_json(wire, "/v1/auth/token", {"refreshToken": token}, headers)


def log_in_partner(wire: Wire, client: Client, person: Person) -> Answer:
    """partner.md, the first grant."""
    body = {"username": person.username, "password": person.password}
    return post_json(wire, "/v1/auth/token", body, partner_headers(client, "password"))


def api_key(client: Client) -> Headers:
    """genlogs.md: every call carries it."""
    return [("x-api-key", client.api_key.encode()), ("accept", b"application/json")]


def renew_genlogs(wire: Wire, client: Client, token: str, *, slash: str = "") -> Answer:
    """genlogs.md, Renewing: the token in the query, the body empty."""
    target = f"/auth/token/refresh{slash}?{urlencode({'refresh_token': token})}"
    return wire.send(Message("POST", target, api_key(client)))


def log_in_genlogs(wire: Wire, client: Client, person: Person, *, slash: str = "") -> Answer:
    """genlogs.md, the first grant, as the older document has it: in the query."""
    query = urlencode({"email": person.username, "password": person.password})
    return wire.send(Message("POST", f"/auth/token{slash}?{query}", api_key(client)))


RENEW = {
    "oauth2": renew_oauth2,
    "eshopbox": renew_eshopbox,
    "partner": renew_partner,
    "genlogs": renew_genlogs,
}


def refresh_token_of(answer: Answer) -> str | None:
    """The refresh token that came back, whatever the dialect, if one did."""
    body: dict[str, Any] = answer.json
    token: str | None = body.get("refresh_token") or body.get("refresh_token_data", {}).get("token")
    return token


def access_token_of(answer: Answer) -> str:
    """The access token that came back, whatever the dialect."""
    body: dict[str, Any] = answer.json
    token: str = body.get("access_token") or body["access_token_data"]["token"]
    return token
