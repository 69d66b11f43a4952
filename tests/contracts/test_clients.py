"""Other people's clients against the server: what partners already run must simply work."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import WebApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.contracts.callers import basic
from tests.contracts.workspace import Client, Workspace
from tests.servers import RunningServer


@pytest.fixture(autouse=True)
def _plain_http_will_do(monkeypatch: pytest.MonkeyPatch):
    """Both libraries want TLS unless told that this is a test."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture(scope="module")
def url(server: RunningServer) -> str:
    """The token endpoint of the standard dialect."""
    return f"{server.base_url}/oauth/token"


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Client:
    """A confidential client."""
    return workspace.client("oauth2", scope="read write")


def _three_in_a_row(tokens: list[dict[str, Any]]) -> None:
    assert len({token["refresh_token"] for token in tokens}) == len(tokens) == 3
    for token in tokens:
        assert token["token_type"] == "Bearer" and token["expires_in"] == 3600
        assert token["scope"] in ("read write", ["read", "write"])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib(method: str, url: str, workspace: Workspace, client: Client):
    """Authlib on requests renews, and renews with what it got."""
    session = AuthlibSession(client.id, client.secret, token_endpoint_auth_method=method)
    session.token = {"refresh_token": workspace.grant(client)}
    with session:
        _three_in_a_row([dict(session.refresh_token(url)) for _ in range(3)])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_authlib_async(method: str, url: str, workspace: Workspace, client: Client):
    """Authlib on httpx2 does."""
    token = {"refresh_token": workspace.grant(client)}
    async with AsyncOAuth2Client(
        client.id, client.secret, token_endpoint_auth_method=method, token=token
    ) as session:
        _three_in_a_row([dict(await session.refresh_token(url)) for _ in range(3)])


def test_authlib_renews_by_itself(
    server: RunningServer, url: str, workspace: Workspace, client: Client
):
    """Authlib renews an expired token on the way to a resource, and keeps the new refresh token."""
    kept: list[str] = []
    token = {"access_token": "old", "refresh_token": workspace.grant(client), "expires_at": 1}
    with AuthlibSession(
        client.id,
        client.secret,
        token=token,
        token_endpoint=url,
        update_token=lambda token, **_: kept.append(token["refresh_token"]),
    ) as session:
        assert session.get(f"{server.base_url}/healthz").status_code == 200
    assert kept and kept != [token["refresh_token"]]


def test_authlib_for_a_public_client(url: str, workspace: Workspace):
    """Authlib with the method ``none`` sends the client_id alone."""
    public = workspace.client("oauth2", "none", number=None)
    with AuthlibSession(public.id, token_endpoint_auth_method="none") as session:
        assert session.refresh_token(url, workspace.grant(public))["access_token"]


def test_authlib_understands_a_refusal(url: str, client: Client):
    """§5.2's error reaches Authlib's caller by its name."""
    with AuthlibSession(client.id, client.secret) as session, pytest.raises(OAuthError) as caught:
        session.refresh_token(url, "nonsense")
    assert caught.value.error == "invalid_grant"


def test_authlib_narrows(url: str, workspace: Workspace, client: Client):
    """Authlib's ``scope`` narrows the access token."""
    with AuthlibSession(client.id, client.secret) as session:
        assert session.refresh_token(url, workspace.grant(client), scope="read")["scope"] == "read"


def test_requests_oauthlib(url: str, workspace: Workspace, client: Client):
    """requests-oauthlib with Basic renews, and renews with what it got."""
    with OAuth2Session(client.id, token={"refresh_token": workspace.grant(client)}) as session:
        auth = HTTPBasicAuth(client.id, client.secret)
        _three_in_a_row([dict(session.refresh_token(url, auth=auth)) for _ in range(3)])


def test_requests_oauthlib_in_the_body(url: str, workspace: Workspace, client: Client):
    """requests-oauthlib with the credentials in the body does."""
    more: Any = {"client_id": client.id, "client_secret": client.secret}
    with OAuth2Session(client.id, token={"refresh_token": workspace.grant(client)}) as session:
        _three_in_a_row([dict(session.refresh_token(url, **more)) for _ in range(3)])


def test_requests_oauthlib_understands_a_refusal(url: str, client: Client):
    """§5.2's error reaches its caller as the exception of that name."""
    session = OAuth2Session(client.id, token={"refresh_token": "nonsense"})
    with session, pytest.raises(InvalidGrantError):
        session.refresh_token(url, auth=HTTPBasicAuth(client.id, client.secret))


def test_oauthlib_over_urllib(url: str, workspace: Workspace, client: Client):
    """oauthlib writes the request and reads the answer; the standard library carries them."""
    application = WebApplicationClient(client.id)
    prepared_url, headers, body = application.prepare_refresh_token_request(
        url, refresh_token=workspace.grant(client)
    )
    name, value = basic(client.id, client.secret)
    request = urllib.request.Request(
        prepared_url, body.encode(), {**headers, name: value.decode()}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        token = application.parse_request_body_response(response.read().decode())
    assert token["access_token"] and token["refresh_token"]


def test_eshopbox_by_requests(server: RunningServer, workspace: Workspace):
    """What the vendor's own page shows: a POST of JSON, by the client most partners use."""
    import requests

    app = workspace.client("eshopbox")
    body = {
        "grant_type": "refresh_token",
        "client_id": app.id,
        "client_secret": app.secret,
        "refresh_token": workspace.grant(app),
    }
    answer = requests.post(f"{server.base_url}/api/v1/generateToken", json=body, timeout=10)
    assert answer.status_code == 200 and answer.json()["expires_in"] == 86_400


def test_a_proxy_that_lowers_header_names(server: RunningServer, workspace: Workspace):
    """partner.md: proxies lower-case header names; urllib capitalises them. Both are served."""
    app = workspace.client("partner", "none")
    request = urllib.request.Request(
        f"{server.base_url}/v1/auth/token",
        json.dumps({"refreshToken": workspace.grant(app)}).encode(),
        {"partnerId": str(app.number), "grantType": "refresh_token"}
        | {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert json.load(response)["token_type"] == "Bearer"
