"""contracts/genlogs.md, row by row, over a real socket."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from tests.contracts.badinput.fault import DEAD, STRANGER, Fault, check_genlogs
from tests.contracts.callers import (
    access_token_of,
    api_key,
    log_in_genlogs,
    post_json,
    refresh_token_of,
    renew_genlogs,
)
from tests.contracts.conftest import PASSWORD_ATTEMPTS
from tests.contracts.verifiers import read
from tests.contracts.wire import Answer, Message, Wire
from tests.contracts.workspace import Client, Person, Workspace
from tests.servers import RunningServer

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Client:
    """A company, 7713."""
    return workspace.client("genlogs", "api_key")


@pytest.fixture(scope="module")
def person(workspace: Workspace) -> Person:
    """A user of the company's."""
    return workspace.person("ada@freight.test", "correct horse battery")


def moment(text: str) -> float:
    """An ISO 8601 date and time in UTC, as seconds since the epoch."""
    assert _MOMENT.fullmatch(text), text
    return datetime.fromisoformat(text).timestamp()


def log_in_json(wire: Wire, client: Client, person: Person, path: str = "/auth/token") -> Answer:
    """The first grant as it has been since July 2026: in a JSON body."""
    body = {"email": person.username, "password": person.password}
    return post_json(wire, path, body, api_key(client))


def _is_an_answer(answer: Answer, user_id: str) -> None:
    assert answer.status == 200
    assert answer.json.keys() == {
        *("access_token_data", "refresh_token_data", "user_id", "company_id")
    }
    for part in ("access_token_data", "refresh_token_data"):
        assert answer.json[part].keys() == {"token", "expires"}
        assert answer.json[part]["token"] and moment(answer.json[part]["expires"])
    assert answer.json["user_id"] == user_id
    assert answer.json["company_id"] == 7713 and type(answer.json["company_id"]) is int


def test_success(wire: Wire, workspace: Workspace, client: Client):
    """Renewing, the 200: two objects of token and expires, user_id a string, company_id an integer."""
    token = workspace.grant(client, "u-1")
    answer = renew_genlogs(wire, client, token)
    _is_an_answer(answer, "u-1")
    assert refresh_token_of(answer) != token


def test_expires_is_utc_and_enforced(
    wire: Wire, server: RunningServer, workspace: Workspace, client: Client
):
    """``expires`` is an ISO 8601 date and time in UTC: the access token's own ``exp``, and 30 idle days."""
    answer = renew_genlogs(wire, client, workspace.grant(client))
    claims = read(wire, access_token_of(answer), server.base_url)
    assert moment(answer.json["access_token_data"]["expires"]) == claims["exp"]
    ends = moment(answer.json["refresh_token_data"]["expires"])
    assert abs(ends - claims["iat"] - 30 * 86_400) <= 1


def test_accept_is_optional(wire: Wire, workspace: Workspace, client: Client):
    """Row "accept is a required parameter": optional, as every HTTP client expects; any value will do."""
    for accept in ([], [("accept", b"application/json")], [("Accept", b"*/*")]):
        target = f"/auth/token/refresh?refresh_token={workspace.grant(client)}"
        headers = [("x-api-key", client.api_key.encode()), *accept]
        assert wire.send(Message("POST", target, headers)).status == 200


@pytest.mark.parametrize("name", ["X-API-Key", "X-API-KEY", "x-Api-key"])
def test_header_names_in_any_case(name: str, wire: Wire, workspace: Workspace, client: Client):
    """RFC 9110 §5.1: field names are compared without regard to case."""
    target = f"/auth/token/refresh?refresh_token={workspace.grant(client)}"
    answer = wire.send(Message("POST", target, [(name, client.api_key.encode())]))
    assert answer.status == 200


def test_the_json_body_is_accepted_too(wire: Wire, workspace: Workspace, client: Client):
    """Row "a refresh token in a query string": the JSON body is accepted too."""
    body = {"refresh_token": workspace.grant(client, "u-2")}
    _is_an_answer(post_json(wire, "/auth/token/refresh", body, api_key(client)), "u-2")


def test_our_logs_hold_no_query_string(
    wire: Wire, server: RunningServer, workspace: Workspace, client: Client
):
    """Row "a refresh token in a query string": our own logs never hold a query string."""
    token = workspace.grant(client)
    answer = renew_genlogs(wire, client, token)
    request_id = answer.headers["x-request-id"]
    line = _line_of(server, request_id)
    assert line["path"] == "/auth/token/refresh" and line["status"] == 200
    written = server.stdout.read_text() + server.stderr.read_text()
    assert "refresh_token=" not in written and token not in written


def _line_of(server: RunningServer, request_id: str) -> dict[str, object]:
    from tests.contracts.patience import soon

    soon(lambda: request_id in server.stdout.read_text())
    [line] = [each for each in server.access_log() if each["request_id"] == request_id]
    return line


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_trailing_slash_is_accepted(
    slash: str, wire: Wire, workspace: Workspace, client: Client, person: Person
):
    """The first grant: "A trailing slash is accepted"; of the renewal, too."""
    assert renew_genlogs(wire, client, workspace.grant(client), slash=slash).status == 200
    assert log_in_genlogs(wire, client, person, slash=slash).status == 200
    assert log_in_json(wire, client, person, f"/auth/token{slash}").status == 200


def test_a_parameter_missing(wire: Wire, client: Client):
    """Errors, row 1: 422, and ``detail`` to the letter but for the message."""
    answer = wire.send(Message("POST", "/auth/token/refresh", api_key(client)))
    assert answer.status == 422
    [detail] = answer.json["detail"]
    assert detail.pop("msg")
    assert detail == {"loc": ["query", "refresh_token"], "type": "missing"}


def test_the_api_key_missing(wire: Wire, workspace: Workspace, client: Client):
    """Errors, row 1: the API key is a parameter as well."""
    target = f"/auth/token/refresh?refresh_token={workspace.grant(client)}"
    check_genlogs(wire.send(Message("POST", target)), Fault(where="header", name="x-api-key"))


@pytest.mark.parametrize("value", [5, True, ["r"], {"token": "r"}, 1.5])
def test_a_parameter_of_the_wrong_type(value: object, wire: Wire, client: Client):
    """Errors, row 1: of the wrong type."""
    answer = post_json(wire, "/auth/token/refresh", {"refresh_token": value}, api_key(client))
    check_genlogs(answer, Fault(where="body", name="refresh_token", kind="type"))


def test_an_unknown_api_key(wire: Wire, workspace: Workspace, client: Client):
    """Errors, row 2: API key unknown: 401."""
    target = f"/auth/token/refresh?refresh_token={workspace.grant(client)}"
    answer = wire.send(Message("POST", target, [("x-api-key", b"unknown")]))
    check_genlogs(answer, STRANGER)


@pytest.mark.parametrize("matter", ["expired", "idle", "revoked", "invalid"])
def test_a_dead_token(matter: str, wire: Wire, workspace: Workspace, client: Client):
    """Errors, row 2: token invalid, expired or revoked: 401; and it speaks of the refresh token."""
    tokens = {
        "expired": workspace.expired_grant,
        "idle": workspace.idle_grant,
        "revoked": workspace.revoked_grant,
        "invalid": lambda _: "nonsense",
    }
    answer = renew_genlogs(wire, client, tokens[matter](client))
    check_genlogs(answer, DEAD)
    assert "refresh token" in answer.json["detail"]
    assert "email" not in answer.json["detail"] and "password" not in answer.json["detail"]


def test_another_companys_token(wire: Wire, workspace: Workspace, client: Client):
    """Errors, row 2: another company's token is invalid here, and unharmed."""
    other = workspace.client("genlogs", "api_key")
    token = workspace.grant(other)
    check_genlogs(renew_genlogs(wire, client, token), DEAD)
    assert renew_genlogs(wire, other, token).status == 200


def test_the_first_grant_in_the_query(wire: Wire, client: Client, person: Person):
    """The first grant: email and password in the query, as the older document has it; the same answer."""
    answer = log_in_genlogs(wire, client, person)
    _is_an_answer(answer, person.subject)
    token = refresh_token_of(answer)
    assert token and renew_genlogs(wire, client, token).status == 200


def test_the_first_grant_in_json(wire: Wire, client: Client, person: Person):
    """The first grant: or in a JSON body, as it has been since July 2026; the same answer."""
    _is_an_answer(log_in_json(wire, client, person), person.subject)


def test_one_half_in_the_query_and_one_in_json(wire: Wire, client: Client, person: Person):
    """Both ways of sending are open to each of the two parameters."""
    target = f"/auth/token?email={person.username}"
    answer = post_json(wire, target, {"password": person.password}, api_key(client))
    _is_an_answer(answer, person.subject)


def test_customer_name(wire: Wire, workspace: Workspace, client: Client):
    """The first grant: the answer may carry ``customer_name``; a renewal's, by its own contract, does not."""
    person = workspace.person("acme@freight.test", "a password", customer_name="Acme Freight")
    answer = log_in_genlogs(wire, client, person)
    assert answer.json["customer_name"] == "Acme Freight"
    _is_an_answer(renew_genlogs(wire, client, refresh_token_of(answer) or ""), person.subject)


def test_wrong_email_or_password(wire: Wire, client: Client, person: Person):
    """Errors, row 2, and row "the 401 text": 401, and it speaks of email and password; one for both."""
    wrong = [Person(person.username, "wrong", ""), Person("nobody@freight.test", "wrong", "")]
    answers = [log(wire, client, each) for log in (log_in_genlogs, log_in_json) for each in wrong]
    for answer in answers:
        check_genlogs(answer, DEAD)
        assert "email" in answer.json["detail"] and "password" in answer.json["detail"]
    assert len({answer.body for answer in answers}) == 1


def test_log_ins_are_throttled(wire: Wire, workspace: Workspace, client: Client):
    """Failed attempts are throttled per user: 429 with Retry-After, both ways of sending together."""
    target = workspace.person("throttled@freight.test", "the right one")
    wrong = Person(target.username, "wrong", "")
    for _ in range(PASSWORD_ATTEMPTS):
        assert log_in_genlogs(wire, client, wrong).status == 401
    for log in (log_in_genlogs, log_in_json):
        answer = log(wire, client, target)
        assert answer.status == 429 and answer.json.keys() == {"detail"}
        assert int(answer.headers["retry-after"]) >= 1


def test_keep_sends_the_same_token_back(wire: Wire, workspace: Workspace):
    """The vendor's description requires refresh_token_data, so under ``keep`` the kept token is in it."""
    client = workspace.client("genlogs", "api_key", policy={"rotation": "keep"})
    token = workspace.grant(client)
    assert refresh_token_of(renew_genlogs(wire, client, token)) == token


def test_company_id_is_always_sent(wire: Wire, workspace: Workspace):
    """Row "company_id is required, and missing from the prose": always sent, zero and negative, too."""
    for number in (0, -1, 2**31):
        client = workspace.client("genlogs", "api_key", claims={"company_id": number})
        answer = renew_genlogs(wire, client, workspace.grant(client))
        assert answer.json["company_id"] == number
