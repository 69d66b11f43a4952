"""contracts/eshopbox.md, row by row, over a real socket."""

from __future__ import annotations

import time

import pytest

from tests.contracts.badinput.fault import (
    DEAD,
    OTHER_GRANT,
    STRANGER,
    Fault,
    check_rfc6749,
)
from tests.contracts.callers import post_json, renew_eshopbox, renew_oauth2
from tests.contracts.verifiers import read
from tests.contracts.wire import Wire
from tests.contracts.workspace import Client, Workspace, policy_of
from tests.servers import RunningServer

PATH = "/api/v1/generateToken"


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Client:
    """An app."""
    return workspace.client("eshopbox", scope="orders inventory openid")


def test_success(wire: Wire, workspace: Workspace, client: Client):
    """Renewing, the table of the 200: these fields, of these types, and no others."""
    answer = renew_eshopbox(wire, client, workspace.grant(client))
    assert answer.status == 200
    assert {name: type(value) for name, value in answer.json.items()} == {
        "access_token": str,
        "id_token": str,
        "scope": str,
        "expires_in": int,
        "token_type": str,
    }
    assert answer.json["expires_in"] == 86_400
    assert answer.json["token_type"] == "Bearer"


def test_id_token_only_with_openid(wire: Wire, workspace: Workspace, client: Client):
    """Row ``id_token``: OpenID Connect ID token, when the grant has ``openid``."""
    answer = renew_eshopbox(wire, client, workspace.grant(client, "ada", scope="openid"))
    claims = read(wire, answer.json["id_token"], client.id)
    assert claims["sub"] == "ada"
    answer = renew_eshopbox(wire, client, workspace.grant(client, scope="orders"))
    assert "id_token" not in answer.json


def test_no_refresh_token_comes_back(wire: Wire, workspace: Workspace, client: Client):
    """ "No refresh token comes back: the policy is ``keep``, and the old one stays good."""
    assert policy_of(client)["rotation"] == "keep"
    token = workspace.grant(client)
    for _ in range(3):
        answer = renew_eshopbox(wire, client, token)
        assert answer.status == 200 and "refresh_token" not in answer.json


def test_the_31st_renewal_in_an_hour_is_refused(wire: Wire, workspace: Workspace, client: Client):
    """The renewal budget, default 30 an hour for each grant; row "nothing about 429's body"."""
    token = workspace.grant(client)
    assert {renew_eshopbox(wire, client, token).status for _ in range(30)} == {200}
    answer = renew_eshopbox(wire, client, token)
    assert answer.status == 429
    assert answer.json.keys() == {"error", "error_description"}
    assert answer.json["error"] == "slow_down"
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    assert renew_eshopbox(wire, client, workspace.grant(client)).status == 200, (
        "each grant has its own"
    )


def test_the_wire_says_86400_and_means_it(
    wire: Wire, server: RunningServer, workspace: Workspace, client: Client
):
    """Row "validity of 30 days": the access token lives 86400 s; the refresh token idles for 30 days."""
    answer = renew_eshopbox(wire, client, workspace.grant(client))
    claims = read(wire, answer.json["access_token"], server.base_url)
    assert claims["exp"] - claims["iat"] == 86_400
    assert abs(claims["exp"] - time.time() - 86_400) < 5
    assert policy_of(client)["idle_lifetime_seconds"] == 30 * 86_400
    check_rfc6749(renew_eshopbox(wire, client, workspace.idle_grant(client)), DEAD)


def test_both_lifetimes_are_policy(wire: Wire, workspace: Workspace):
    """Row "validity of 30 days": both are policy."""
    client = workspace.client("eshopbox", policy={"access_lifetime_seconds": 600})
    assert renew_eshopbox(wire, client, workspace.grant(client)).json["expires_in"] == 600


def test_both_addresses_work(wire: Wire, workspace: Workspace, client: Client):
    """Row ``/oauth/token``: the app may call it too, there in the dialect ``oauth2``."""
    token = workspace.grant(client)
    assert renew_eshopbox(wire, client, token).status == 200
    answer = renew_oauth2(wire, client, token)
    assert answer.status == 200 and answer.json["expires_in"] == 86_400


def test_scopes_are_separated_by_a_space(wire: Wire, workspace: Workspace, client: Client):
    """Row "separated by a comma": a space on the wire."""
    answer = renew_eshopbox(wire, client, workspace.grant(client))
    assert answer.json["scope"] == "orders inventory openid"


def test_invalid_request(wire: Wire, workspace: Workspace, client: Client):
    """Row "nothing about errors": ``invalid_request`` 400."""
    body = {"grant_type": "refresh_token", "client_id": client.id, "client_secret": client.secret}
    check_rfc6749(post_json(wire, PATH, body), Fault(name="refresh_token"))


def test_invalid_client(wire: Wire, workspace: Workspace, client: Client):
    """Row "nothing about errors": ``invalid_client`` 401."""
    answer = renew_eshopbox(wire, client, workspace.grant(client), client_secret="wrong")
    check_rfc6749(answer, STRANGER)


def test_invalid_grant(wire: Wire, workspace: Workspace, client: Client):
    """Row "nothing about errors": ``invalid_grant`` 400; another app's token is one."""
    other = workspace.client("eshopbox")
    for token in ("nonsense", workspace.grant(other), workspace.revoked_grant(client)):
        check_rfc6749(renew_eshopbox(wire, client, token), DEAD)


def test_unsupported_grant_type(wire: Wire, workspace: Workspace, client: Client):
    """Row "nothing about errors": ``unsupported_grant_type`` 400."""
    answer = renew_eshopbox(wire, client, workspace.grant(client), grant_type="password")
    check_rfc6749(answer, OTHER_GRANT)


def test_unauthorized_client_and_invalid_scope(workspace: Workspace):
    """Row "nothing about errors": both 400. No call of this dialect leads to them: none carries a scope,
    and there is one grant type, which is every app's. So it is the dialect itself that is asked."""
    from remint.errors import Refusal

    [endpoint] = workspace.installation.dialects["eshopbox"].endpoints
    for code in ("unauthorized_client", "invalid_scope"):
        answer = endpoint.refuse(Refusal(code, "Words."), "id")
        assert (answer.status, answer.body) == (
            400,
            b'{"error":"%s","error_description":"Words."}' % code.encode(),
        )


@pytest.mark.parametrize("identifier", ["sku", "esin", "ean", "upc", "gtin"])
def test_a_sales_channels_choices_travel_in_the_access_token(
    identifier: str, wire: Wire, server: RunningServer, workspace: Workspace
):
    """Setting up, 3: the claims ``sales_channel`` and ``product_identifier``, for each of the choices."""
    claims = {"sales_channel": "SC7713", "product_identifier": identifier}
    client = workspace.client("eshopbox", claims=claims)
    answer = renew_eshopbox(wire, client, workspace.grant(client))
    found = read(wire, answer.json["access_token"], server.base_url)
    assert (found["sales_channel"], found["product_identifier"]) == ("SC7713", identifier)


def test_a_new_refresh_token_can_be_made_at_any_time(
    wire: Wire, workspace: Workspace, client: Client
):
    """Setting up, 2: a new one can be made at any time; it is a new grant, and the old stays good."""
    old, new = workspace.grant(client), workspace.grant(client)
    assert old != new
    assert (
        renew_eshopbox(wire, client, old).status == renew_eshopbox(wire, client, new).status == 200
    )
