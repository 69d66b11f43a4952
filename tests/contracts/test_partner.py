"""contracts/partner.md, row by row, over a real socket."""

from __future__ import annotations

import pytest

from tests.contracts.badinput.fault import DEAD, OTHER_GRANT, STRANGER, Fault, check_rfc6749
from tests.contracts.callers import log_in_partner, partner_headers, post_json, renew_partner
from tests.contracts.conftest import PASSWORD_ATTEMPTS
from tests.contracts.verifiers import read
from tests.contracts.wire import Answer, Headers, Wire
from tests.contracts.workspace import Client, Person, Workspace
from tests.servers import RunningServer

PATH = "/v1/auth/token"


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Client:
    """A partner."""
    return workspace.client("partner", "none")


@pytest.fixture(scope="module")
def person(workspace: Workspace) -> Person:
    """Somebody with a wallet."""
    return workspace.person("ada@wallet.test", "correct horse battery")


def call(wire: Wire, headers: Headers, token: str) -> Answer:
    """A renewal with headers of one's own."""
    return post_json(wire, PATH, {"refreshToken": token}, headers)


def test_success(wire: Wire, workspace: Workspace, client: Client):
    """The 200: access_token; refresh_token, a new one; expires_in, integer seconds; token_type Bearer."""
    token = workspace.grant(client)
    answer = renew_partner(wire, client, token)
    assert answer.status == 200
    assert {name: type(value) for name, value in answer.json.items()} == {
        "access_token": str,
        "refresh_token": str,
        "expires_in": int,
        "token_type": str,
    }
    assert answer.json["refresh_token"] != token
    assert answer.json["token_type"] == "Bearer"


@pytest.mark.parametrize("matter", ["expired", "idle", "revoked", "invalid"])
def test_token_expired_or_invalid(matter: str, wire: Wire, workspace: Workspace, client: Client):
    """Row "token expired or invalid": the body to the letter; "status of the errors": 400."""
    tokens = {
        "expired": workspace.expired_grant,
        "idle": workspace.idle_grant,
        "revoked": workspace.revoked_grant,
        "invalid": lambda _: "nonsense",
    }
    answer = renew_partner(wire, client, tokens[matter](client))
    assert (answer.status, answer.json) == (
        400,
        {
            "error": "invalid_grant",
            "error_description": "Refresh token has expired or is invalid.",
        },
    )


@pytest.mark.parametrize("body", [{}, {"refreshToken": ""}, {"refreshToken": None}])
def test_no_token_in_the_request(body: object, wire: Wire, client: Client):
    """Row "no token in the request": the body to the letter."""
    answer = post_json(wire, PATH, body, partner_headers(client, "refresh_token"))
    assert (answer.status, answer.json) == (
        400,
        {"error": "invalid_request", "error_description": "Missing refresh token."},
    )


@pytest.mark.parametrize("number", [None, b"", b"seven", b"2147483648", b"-2147483649", b"1.5"])
def test_a_partner_id_that_is_none(
    number: bytes | None, wire: Wire, workspace: Workspace, client: Client
):
    """Row "absent, not a number, or outside int32": 400 invalid_request, naming the header."""
    headers: Headers = [("grantType", b"refresh_token")]
    headers += [("partnerId", number)] if number is not None else []
    answer = call(wire, headers, workspace.grant(client))
    check_rfc6749(answer, Fault(name="partnerId"))


def test_an_unknown_partner(wire: Wire, workspace: Workspace, client: Client):
    """Row "partnerId unknown": 401 invalid_client."""
    headers: Headers = [("partnerId", b"1999999999"), ("grantType", b"refresh_token")]
    check_rfc6749(call(wire, headers, workspace.grant(client)), STRANGER)


def test_another_partners_token(wire: Wire, workspace: Workspace, client: Client):
    """Row "the token belongs to another partner": 400 invalid_grant. It does its owner no harm."""
    other = workspace.client("partner", "none")
    token = workspace.grant(other)
    check_rfc6749(renew_partner(wire, client, token), DEAD)
    assert renew_partner(wire, other, token).status == 200


def test_no_grant_type(wire: Wire, workspace: Workspace, client: Client):
    """Row "grantType absent": 400 invalid_request."""
    headers: Headers = [("partnerId", str(client.number).encode())]
    check_rfc6749(call(wire, headers, workspace.grant(client)), Fault(name="grantType"))


def test_another_grant_type(wire: Wire, workspace: Workspace, client: Client):
    """Row "grantType … another value": 400 unsupported_grant_type."""
    answer = call(wire, partner_headers(client, "client_credentials"), workspace.grant(client))
    check_rfc6749(answer, OTHER_GRANT)


@pytest.mark.parametrize(
    "number, grant",
    [("partnerid", "granttype"), ("PARTNERID", "GRANTTYPE"), ("PartnerId", "Granttype")],
)
def test_header_names_in_any_case(
    number: str, grant: str, wire: Wire, workspace: Workspace, client: Client
):
    """Row "header names": compared without regard to case."""
    headers: Headers = [(number, str(client.number).encode()), (grant, b"refresh_token")]
    assert call(wire, headers, workspace.grant(client)).status == 200


def test_a_negative_partner(wire: Wire, workspace: Workspace):
    """``int32`` has negative numbers, too: the least of them is a partner's like any other."""
    least = workspace.client("partner", "none", number=-(2**31))
    assert renew_partner(wire, least, workspace.grant(least)).status == 200


def test_86400_by_default(wire: Wire, server: RunningServer, workspace: Workspace, client: Client):
    """Row "valid for 24 hours": 86400 by default, and what expires_in says is what is enforced."""
    answer = renew_partner(wire, client, workspace.grant(client))
    claims = read(wire, answer.json["access_token"], server.base_url)
    assert answer.json["expires_in"] == claims["exp"] - claims["iat"] == 86_400


def test_the_lifetime_is_policy(wire: Wire, server: RunningServer, workspace: Workspace):
    """Row "valid for 24 hours" against 3600 in the example: policy."""
    client = workspace.client("partner", "none", policy={"access_lifetime_seconds": 3600})
    answer = renew_partner(wire, client, workspace.grant(client))
    claims = read(wire, answer.json["access_token"], server.base_url)
    assert answer.json["expires_in"] == claims["exp"] - claims["iat"] == 3600


def test_rotate_by_default(wire: Wire, workspace: Workspace, client: Client):
    """Row "if applicable": policy ``rotate`` by default; the older token, presented again, is theft."""
    first = workspace.grant(client)
    second = renew_partner(wire, client, first).json["refresh_token"]
    third = renew_partner(wire, client, second).json["refresh_token"]
    assert len({first, second, third}) == 3
    check_rfc6749(renew_partner(wire, client, first), DEAD)
    check_rfc6749(renew_partner(wire, client, third), DEAD)


def test_keep_leaves_the_field_out(wire: Wire, workspace: Workspace):
    """Row "if applicable": under ``keep`` the field is left out, and the old token stays good."""
    policy = {"rotation": "keep", "keep_unauthenticated": True}
    client = workspace.client("partner", "none", policy=policy)
    token = workspace.grant(client)
    for _ in range(2):
        answer = renew_partner(wire, client, token)
        assert answer.json.keys() == {"access_token", "expires_in", "token_type"}


def test_the_first_grant(
    wire: Wire, server: RunningServer, workspace: Workspace, client: Client, person: Person
):
    """Row "the first grant": ``grantType: password`` with JSON username and password, alike in shape."""
    answer = log_in_partner(wire, client, person)
    assert answer.status == 200
    assert answer.json.keys() == {"access_token", "refresh_token", "expires_in", "token_type"}
    claims = read(wire, answer.json["access_token"], server.base_url)
    assert claims["sub"] == person.subject
    assert renew_partner(wire, client, answer.json["refresh_token"]).status == 200


def test_wrong_password_or_user(wire: Wire, client: Client, person: Person):
    """RFC 6749 §5.2: wrong resource owner credentials are ``invalid_grant``; one answer for both."""
    wrong = [
        Person(person.username, "wrong", ""),
        Person("nobody@wallet.test", person.password, ""),
        Person(person.username.upper(), person.password + " ", ""),
    ]
    answers = [log_in_partner(wire, client, each) for each in wrong]
    for answer in answers:
        check_rfc6749(answer, DEAD)
    assert len({answer.body for answer in answers}) == 1
    assert "Refresh token" not in answers[0].json["error_description"]


def test_log_ins_are_throttled(wire: Wire, workspace: Workspace, client: Client):
    """Failed attempts are throttled per user: 429 with Retry-After, even for the right password."""
    target = workspace.person("throttled@wallet.test", "the right one")
    wrong = Person(target.username, "wrong", "")
    answers = [log_in_partner(wire, client, wrong) for _ in range(PASSWORD_ATTEMPTS)]
    assert {answer.status for answer in answers} == {400}
    for person in (wrong, target):
        answer = log_in_partner(wire, client, person)
        assert answer.status == 429 and answer.json["error"] == "slow_down"
        assert int(answer.headers["retry-after"]) >= 1
    other = workspace.person("unhurried@wallet.test", "another one")
    assert log_in_partner(wire, client, other).status == 200, "nobody else is held up"


def test_right_passwords_are_not_throttled(wire: Wire, client: Client, person: Person):
    """Only failures count."""
    answers = [log_in_partner(wire, client, person) for _ in range(PASSWORD_ATTEMPTS + 3)]
    assert {answer.status for answer in answers} == {200}


def test_a_client_whose_dialect_knows_no_password(wire: Wire, workspace: Workspace, person: Person):
    """RFC 6749 §5.2 unauthorized_client: an app may use the grant types of its own dialect only."""
    client = workspace.client("eshopbox", "none", number=31_337, policy={"rotation": "rotate"})
    check_rfc6749(log_in_partner(wire, client, person), Fault("unauthorized_client"))
