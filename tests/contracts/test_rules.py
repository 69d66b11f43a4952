"""The rules for all four dialects: contracts/README.md, last paragraph."""

from __future__ import annotations

import re
import time

import pytest

from tests.contracts.badinput.fault import CHECKS, DEAD, METHOD, TOO_LARGE, UNREADABLE
from tests.contracts.badinput.goodrequests import GOOD
from tests.contracts.badinput.treasury import Treasury, fresh
from tests.contracts.callers import RENEW, refresh_token_of
from tests.contracts.wire import Answer, Wire
from tests.contracts.workspace import Workspace

DIALECTS = list(GOOD)
FORMS = [(dialect, form) for dialect, forms in GOOD.items() for form in forms]
_REQUEST_ID = re.compile(r"[0-9a-zA-Z_-]{8,64}")


@pytest.fixture(scope="module")
def held(workspace: Workspace) -> dict[str, Treasury]:
    """Credentials for each dialect, with somebody to log in."""
    return {
        dialect: fresh(
            dialect, workspace, person=workspace.person(f"{dialect}@rules.test", "a fine password")
        )
        for dialect in DIALECTS
    }


def _has_the_rules(answer: Answer) -> None:
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["content-type"] == "application/json"
    assert _REQUEST_ID.fullmatch(answer.headers["x-request-id"])
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("dialect, form", FORMS)
def test_a_success_carries_the_headers(dialect, form, wire: Wire, held):
    """README: the answers carry Cache-Control: no-store, Pragma: no-cache and X-Request-Id."""
    answer = wire.send(GOOD[dialect][form](held[dialect]).message())
    assert answer.status == 200, answer
    _has_the_rules(answer)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_refusal_carries_the_headers(dialect, wire: Wire, held):
    """README: the answers carry Cache-Control: no-store, Pragma: no-cache and X-Request-Id."""
    answer = RENEW[dialect](wire, held[dialect].client, "nothing")
    CHECKS[dialect](answer, DEAD)
    _has_the_rules(answer)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_two_answers_have_the_same_request_id(dialect, wire: Wire, held):
    """README: every answer carries X-Request-Id."""
    answers = [RENEW[dialect](wire, held[dialect].client, "nothing") for _ in range(5)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 5


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("dialect, form", FORMS)
def test_a_wrong_method_gets_405(dialect, form, method, wire: Wire, held):
    """README: a wrong method gets 405 with Allow. To HEAD there is no body (RFC 9110 §9.3.2)."""
    message = GOOD[dialect][form](held[dialect]).message()
    message.method = method
    answer = wire.send(message)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert _REQUEST_ID.fullmatch(answer.headers["x-request-id"])
    if method != "HEAD":
        CHECKS[dialect](answer, METHOD)
        _has_the_rules(answer)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_body_over_64_kib_gets_413(dialect, wire: Wire, held):
    """README: a body over 64 KiB gets 413; one of just 64 KiB is read, and here found unreadable."""
    message = GOOD[dialect]["renewal"](held[dialect]).message()
    message.headers.append(("Content-Type", b"application/json")) if not message.body else None
    message.body = b"%" * 65_537
    answer = wire.send(message)
    CHECKS[dialect](answer, TOO_LARGE)
    _has_the_rules(answer)
    message.body = b"%" * 65_536
    CHECKS[dialect](wire.send(message), UNREADABLE)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_undecodable_body_gets_invalid_request(dialect, wire: Wire, held):
    """README: an undecodable one gets the dialect's own invalid_request."""
    message = GOOD[dialect]["renewal"](held[dialect]).message()
    message.headers.append(("Content-Type", b"application/json")) if not message.body else None
    message.body = b"\xff\xfe%"
    answer = wire.send(message)
    CHECKS[dialect](answer, UNREADABLE)
    _has_the_rules(answer)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_over_the_budget_gets_429(dialect, wire: Wire, workspace: Workspace):
    """README: over the budget 429 with Retry-After, when the next renewal would be within it."""
    policy = {"budget": {"renewals": 2, "per_seconds": 600}}
    held = fresh(dialect, workspace, policy=policy)
    token = held.refresh_token
    for _ in range(2):
        answer = RENEW[dialect](wire, held.client, token)
        assert answer.status == 200
        token = refresh_token_of(answer) or token
    answer = RENEW[dialect](wire, held.client, token)
    assert answer.status == 429
    assert 290 <= int(answer.headers["retry-after"]) <= 300
    _has_the_rules(answer)
    if dialect == "genlogs":
        assert answer.json.keys() == {"detail"}
    else:
        assert answer.json["error"] == "slow_down" and answer.json["error_description"]


def test_a_retry_is_not_charged(wire: Wire, workspace: Workspace):
    """DESIGN, Budget: only an advance is charged, so that a retry is never throttled into a replay."""
    held = fresh("oauth2", workspace, policy={"budget": {"renewals": 1, "per_seconds": 600}})
    answers = [RENEW["oauth2"](wire, held.client, held.refresh_token) for _ in range(4)]
    assert [answer.status for answer in answers] == [200] * 4
    assert len({refresh_token_of(answer) for answer in answers}) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_caller_that_hangs_up_is_no_fault(dialect, wire: Wire, held):
    """A request that ends before its body does is its caller's affair: nothing breaks, nothing is counted."""
    before = _count_of_faults(wire)
    encoded = GOOD[dialect]["renewal"](held[dialect]).message()
    encoded.headers.append(("Content-Length", b"500"))
    wire.hang_up(encoded.encoded())
    time.sleep(0.1)
    assert wire.get("/healthz").status == 200
    assert _count_of_faults(wire) == before


def _count_of_faults(wire: Wire) -> list[str]:
    return re.findall(
        r'outcome="(?:fault|server_error)"\} (.*)', wire.get("/metrics").body.decode()
    )
