"""The standard call, over a real socket: RFC 6749 §6 with the answers of §5.1 and the refusals of §5.2."""

from __future__ import annotations

import base64
import hashlib
import time

import jwt
import pytest

from tests.contracts.badinput.fault import DEAD, STRANGER, Fault, check_rfc6749
from tests.contracts.callers import basic, post_form, renew_oauth2
from tests.contracts.patience import soon
from tests.contracts.verifiers import read
from tests.contracts.wire import Answer, Wire
from tests.contracts.workspace import Client, Workspace
from tests.servers import RunningServer

PATH = "/oauth/token"


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Client:
    """A confidential client."""
    return workspace.client("oauth2", scope="read write admin")


@pytest.fixture(scope="module")
def public(workspace: Workspace) -> Client:
    """A client that does not authenticate."""
    return workspace.client("oauth2", "none", number=None)


def by_body(wire: Wire, token: str, **fields: str) -> Answer:
    """The client in the body."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **fields}
    return post_form(wire, PATH, form)


def test_success(wire: Wire, workspace: Workspace, client: Client):
    """§5.1: access_token, token_type, expires_in, refresh_token and scope."""
    token = workspace.grant(client)
    answer = renew_oauth2(wire, client, token)
    assert answer.status == 200
    assert answer.json.keys() == {
        *("access_token", "token_type", "expires_in", "refresh_token", "scope")
    }
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 3600
    assert answer.json["scope"] == "read write admin"
    assert answer.json["refresh_token"] not in ("", token)


def test_the_client_in_the_body(wire: Wire, workspace: Workspace, client: Client):
    """§2.3.1: client_id and client_secret may travel in the body."""
    token = workspace.grant(client)
    assert by_body(wire, token, client_id=client.id, client_secret=client.secret).status == 200


def test_basic_is_urlencoded_inside(wire: Wire, workspace: Workspace):
    """§2.3.1 and appendix B: id and secret are urlencoded before they become Basic's user and password."""
    odd = workspace.client("oauth2", client_id="a shop: 100% + more/ä")
    assert renew_oauth2(wire, odd, workspace.grant(odd)).status == 200


@pytest.mark.parametrize("scheme", [b"basic", b"BASIC", b"bAsIc"])
def test_the_scheme_in_any_case(wire: Wire, workspace: Workspace, client: Client, scheme: bytes):
    """RFC 9110 §11.1: the name of an authentication scheme is compared without regard to case."""
    _, value = basic(client.id, client.secret)
    form = {"grant_type": "refresh_token", "refresh_token": workspace.grant(client)}
    header = ("AUTHORIZATION", scheme + value.removeprefix(b"Basic"))
    assert post_form(wire, PATH, form, [header]).status == 200


def test_both_ways_at_once_are_refused(wire: Wire, workspace: Workspace, client: Client):
    """§2.3: "The client MUST NOT use more than one authentication method in each request"; §5.2."""
    token = workspace.grant(client)
    answer = renew_oauth2(wire, client, token, client_secret=client.secret)
    check_rfc6749(answer, Fault(name="client_secret"))


def test_the_same_client_id_twice_will_do(wire: Wire, workspace: Workspace, client: Client):
    """§3.2.1: a client_id identifies and does not authenticate: beside Basic it may be repeated."""
    assert renew_oauth2(wire, client, workspace.grant(client), client_id=client.id).status == 200


def test_an_unknown_client(wire: Wire, workspace: Workspace, client: Client):
    """§5.2 invalid_client: 401, and a WWW-Authenticate of the scheme that the client used."""
    form = {"grant_type": "refresh_token", "refresh_token": workspace.grant(client)}
    answer = post_form(wire, PATH, form, [basic("nobody", "nothing")])
    check_rfc6749(answer, STRANGER)
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


def test_no_client_at_all(wire: Wire, workspace: Workspace, client: Client):
    """§5.2 invalid_client: "no client authentication included"."""
    check_rfc6749(by_body(wire, workspace.grant(client)), STRANGER)


def test_a_confidential_client_without_its_secret(wire: Wire, workspace: Workspace, client: Client):
    """§6: "the client MUST authenticate" if it was issued credentials."""
    check_rfc6749(by_body(wire, workspace.grant(client), client_id=client.id), STRANGER)


def test_a_public_client(wire: Wire, workspace: Workspace, public: Client):
    """§3.2.1: a client without credentials sends its client_id."""
    answer = by_body(wire, workspace.grant(public), client_id=public.id)
    assert answer.status == 200 and answer.json["refresh_token"]


def test_no_refresh_token(wire: Wire, client: Client):
    """§5.2 invalid_request: a parameter is missing."""
    answer = post_form(
        wire, PATH, {"grant_type": "refresh_token"}, [basic(client.id, client.secret)]
    )
    check_rfc6749(answer, Fault(name="refresh_token"))


def test_another_grant_type(wire: Wire, client: Client):
    """§5.2 unsupported_grant_type."""
    form = {"grant_type": "client_credentials"}
    answer = post_form(wire, PATH, form, [basic(client.id, client.secret)])
    check_rfc6749(answer, Fault("unsupported_grant_type"))


@pytest.mark.parametrize("matter", ["expired", "idle", "revoked"])
def test_a_dead_token(matter: str, wire: Wire, workspace: Workspace, client: Client):
    """§5.2 invalid_grant: expired or revoked."""
    make = {
        "expired": workspace.expired_grant,
        "idle": workspace.idle_grant,
        "revoked": workspace.revoked_grant,
    }
    check_rfc6749(renew_oauth2(wire, client, make[matter](client)), DEAD)


def test_another_clients_token(wire: Wire, workspace: Workspace, client: Client):
    """§5.2 invalid_grant: "issued to another client"; §10.4. It does the rightful client no harm."""
    thief = workspace.client("oauth2")
    token = workspace.grant(client)
    check_rfc6749(renew_oauth2(wire, thief, token), DEAD)
    assert renew_oauth2(wire, client, token).status == 200


def test_scope_may_be_narrowed(
    wire: Wire, server: RunningServer, workspace: Workspace, client: Client
):
    """§6: a narrower scope holds for that access token only; left out, it is that of the grant again."""
    token = workspace.grant(client)
    narrow = renew_oauth2(wire, client, token, scope="admin read")
    assert set(narrow.json["scope"].split()) == {"read", "admin"}
    claims = read(wire, narrow.json["access_token"], server.base_url)
    assert set(claims["scope"].split()) == {"read", "admin"}
    whole = renew_oauth2(wire, client, narrow.json["refresh_token"])
    assert whole.json["scope"] == "read write admin"


def test_scope_may_not_be_widened(wire: Wire, workspace: Workspace, client: Client):
    """§6: "MUST NOT include any scope not originally granted by the resource owner"; the token stays good."""
    token = workspace.grant(client, scope="read")
    check_rfc6749(renew_oauth2(wire, client, token, scope="read write"), Fault("invalid_scope"))
    assert renew_oauth2(wire, client, token).json["scope"] == "read"


def test_an_id_token_where_openid_was_granted(wire: Wire, workspace: Workspace):
    """OpenID Connect Core §12.2: issuer, subject and audience as ever, and at_hash of the access token."""
    client = workspace.client("oauth2", scope="openid profile")
    answer = renew_oauth2(wire, client, workspace.grant(client, "ada"))
    claims = read(wire, answer.json["id_token"], client.id)
    assert (claims["sub"], claims["aud"]) == ("ada", client.id)
    digest = hashlib.sha256(answer.json["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    narrow = renew_oauth2(wire, client, answer.json["refresh_token"], scope="profile")
    assert "id_token" not in narrow.json


def test_rotate_gives_a_new_token_and_ends_the_old(
    wire: Wire, workspace: Workspace, client: Client
):
    """§6: a new refresh token replaces the old; DESIGN, row g < c-1: presented again it revokes the grant."""
    first = workspace.grant(client)
    second = renew_oauth2(wire, client, first).json["refresh_token"]
    assert renew_oauth2(wire, client, first).json["refresh_token"] == second
    third = renew_oauth2(wire, client, second).json["refresh_token"]
    assert len({first, second, third}) == 3
    check_rfc6749(renew_oauth2(wire, client, first), DEAD)
    check_rfc6749(renew_oauth2(wire, client, third), DEAD)


def test_keep_leaves_the_token_as_it_is(wire: Wire, workspace: Workspace):
    """§6: the authorization server MAY issue a new refresh token; under ``keep`` none comes back."""
    client = workspace.client("oauth2", policy={"rotation": "keep"})
    token = workspace.grant(client)
    for _ in range(3):
        answer = renew_oauth2(wire, client, token)
        assert answer.status == 200 and "refresh_token" not in answer.json


def test_what_expires_in_says_is_enforced(wire: Wire, server: RunningServer, workspace: Workspace):
    """§5.1: expires_in is the lifetime in seconds, and the token's own ``exp`` holds verifiers to it."""
    client = workspace.client("oauth2", policy={"access_lifetime_seconds": 1})
    answer = renew_oauth2(wire, client, workspace.grant(client))
    claims = read(wire, answer.json["access_token"], server.base_url)
    assert claims["exp"] - claims["iat"] == answer.json["expires_in"] == 1
    assert abs(claims["iat"] - time.time()) < 5
    time.sleep(max(0, claims["exp"] - time.time()) + 0.1)
    options = {"verify_signature": False, "verify_exp": True}
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(answer.json["access_token"], options=options, audience=server.base_url)  # type: ignore[arg-type]


def test_two_secrets_may_be_valid_at_once(wire: Wire, workspace: Workspace):
    """DESIGN, client secrets: two may be valid at once, for rotation; one that has ended is refused."""
    client = workspace.client("oauth2")
    far = int(time.time()) + 3600
    new = workspace.new_secret(client, old_expires_at=far)
    token = workspace.grant(client, "two")
    soon(lambda: by_body(wire, token, client_id=client.id, client_secret=new).status == 200)
    assert by_body(wire, token, client_id=client.id, client_secret=client.secret).status == 200
    workspace.new_secret(client, old_expires_at=1)
    fields = {"client_id": client.id, "client_secret": client.secret}
    soon(lambda: by_body(wire, token, **fields).status == 401)
    check_rfc6749(by_body(wire, token, **fields), STRANGER)


def test_a_disabled_app(wire: Wire, workspace: Workspace):
    """DESIGN: a disabled app is refused like one that does not exist; its grants stay for when it is back."""
    client = workspace.client("oauth2")
    token = workspace.grant(client)
    assert renew_oauth2(wire, client, token).status == 200
    workspace.installation.catalogue.set_disabled(client.app, True)
    soon(lambda: renew_oauth2(wire, client, token).status == 401)
    check_rfc6749(renew_oauth2(wire, client, token), STRANGER)
    workspace.installation.catalogue.set_disabled(client.app, False)
    soon(lambda: renew_oauth2(wire, client, token).status == 200)
