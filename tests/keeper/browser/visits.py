"""What a browser does, and a provider's half of a login."""

from __future__ import annotations

import base64
import hashlib
import http.client
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.keeper.provider import Call, Provider, Reply, refusal


class Shown(NamedTuple):
    """A page."""

    status: int
    headers: dict[str, str]
    text: str


def visit(url: str, *, host: str = "", method: str = "GET") -> Shown:
    """One request, without following anything."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=20)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, headers={"Host": host or parts.netloc})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Shown(answer.status, headers, answer.read().decode())
    finally:
        connection.close()


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def back(url: str, **parameters: str) -> str:
    """The address that a provider sends the browser back to, for the authorization request at ``url``."""
    asked = query_of(url)
    given = {"state": asked["state"], **parameters}
    return f"{asked['redirect_uri']}?{urlencode(given)}"


def log_in(_provider: Provider, call: Call) -> Reply:
    """A step of the provider: agrees, with the challenge in the code so that the next step can check it."""
    challenge = query_of(call.path)["code_challenge"]
    return 302, {"Location": back(call.path, code=f"canary-code-{challenge}")}, b""


def turn_down(_provider: Provider, call: Call) -> Reply:
    """A step of the provider: the person said no."""
    said = {"error": "access_denied", "error_description": "She said <no>."}
    return 302, {"Location": back(call.path, **said)}, b""


def redeem(provider: Provider, call: Call) -> Reply:
    """A step of the provider: tokens for the code, if the verifier is the challenge's (RFC 7636 §4.6)."""
    form = call.form
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if form["grant_type"] != "authorization_code" or form["code"] != f"canary-code-{challenge}":
        return refusal("invalid_grant")
    return provider.success("ada", 0)
