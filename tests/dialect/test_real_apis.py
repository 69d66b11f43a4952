"""The catalogue: every provider's call as it is sent, and what is made of its answers.

What is only commonly said of a provider is not expected of it.
"""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import TokenAnswer, WireAnswer, builtin, builtin_names, check, provider_names
from remint.errors import Refusal
from tests.dialect.exchange import NOW_MS
from tests.dialect.meanings import FAILED, MEANT
from tests.dialect.poison import poison
from tests.dialect.samples import FAILURES, SUCCESSES
from tests.dialect.wires import EXTRAS, REQUEST, SENT

#: Nothing that is only commonly said is expected: of these two not even a success is known.
UNKNOWN = {"dingtalk", "verifiedcarrier"}
EVERY = [*builtin_names(), *provider_names()]


def call_of(name):
    return builtin(name).call("refresh_token")


def refusal_of(name, status, body, headers=()):
    """What the dialect makes of an answer that is no success; fails where it takes it for one."""
    try:
        found = call_of(name).decode(WireAnswer(status, list(headers), body), now_ms=NOW_MS)
    except Refusal as refusal:
        return refusal
    raise AssertionError(f"was taken for {msgspec.to_builtins(found)}")


def test_every_provider_is_spoken():
    """Nobody in the catalogue goes untried."""
    assert set(provider_names()) == set(SENT)
    assert set(SENT) - UNKNOWN == set(MEANT) == set(SUCCESSES)
    assert len(FAILED) == len(FAILURES)


@pytest.mark.parametrize("name", SENT)
def test_a_real_call_is_made(name):
    """Method, address, headers and body, as the provider wants them."""
    dialect, wanted = builtin(name), SENT[name]
    base_url = dialect.address(EXTRAS) or "https://api.example.com"
    sent = call_of(name).encode(REQUEST, base_url=base_url, now_ms=NOW_MS, random=bytes)
    assert (sent.method, sent.url) == (wanted.method, wanted.url)
    assert dict(sent.headers) == wanted.headers
    assert len(sent.headers) == len(wanted.headers)
    if wanted.body.startswith("{"):
        assert json.loads(sent.body) == json.loads(wanted.body)
    else:
        assert sorted(sent.body.decode().split("&")) == sorted(wanted.body.split("&"))


@pytest.mark.parametrize("name", SUCCESSES)
def test_a_real_success_is_understood(name):
    """Every value by its meaning."""
    status, body = SUCCESSES[name]
    answer = call_of(name).decode(WireAnswer(status, [], body.encode()), now_ms=NOW_MS)
    found = msgspec.to_builtins(answer)
    expected = {"token_type": "Bearer", **MEANT[name]}
    assert {key: value for key, value in found.items() if value is not None} == expected


@pytest.mark.parametrize("number", range(len(FAILURES)), ids=lambda number: FAILURES[number][0])
def test_a_real_failure_is_understood(number):
    """Its code, what follows from it, and its words."""
    name, status, body = FAILURES[number]
    refusal = refusal_of(name, status, body.encode())
    assert (refusal.code, refusal.outcome, refusal.description) == FAILED[number]


@pytest.mark.parametrize("name", EVERY)
def test_poison_is_never_a_token(name):
    """No page, no cut answer and no failure of somebody else's is a success; nor is it the end."""
    for what, status, headers, body in poison(name):
        refusal = refusal_of(name, status, body, headers)
        assert refusal.outcome in ("later", ""), what


odd = st.sampled_from([None, "", "x", 0, -1, 7, 1.5, 10**30, True, False, [], {}, ["a"], {"a": 1}])


def bent(value, draw):
    """``value`` with some of its members left out, or something odd in their place."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if draw(st.integers(0, 9))}
        return {key: bent(inner, draw) for key, inner in kept.items()}
    if isinstance(value, list):
        return [bent(inner, draw) for inner in value]
    return value if draw(st.integers(0, 3)) else draw(odd)


@pytest.mark.parametrize("name", SUCCESSES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_bent_success_is_refused_or_sound(name, data):
    """Whatever a success has lost or gained: nothing but a refusal is raised, and no value is wrong."""
    text = SUCCESSES[name][1]
    prefix = "&&&START&&&" * text.startswith("&")
    body = prefix + json.dumps(bent(json.loads(text.removeprefix(prefix)), data.draw))
    try:
        found = call_of(name).decode(WireAnswer(200, [], body.encode()), now_ms=NOW_MS)
    except Refusal:
        return
    assert found.access_token or builtin(name).call("refresh_token").form.answer.extends
    assert found.refresh_token != ""
    # msgspec looks at every type that the struct declares.
    assert msgspec.convert(msgspec.to_builtins(found), TokenAnswer) == found
    for moment in (found.expires_in, found.access_expires_at, found.refresh_expires_at):
        assert moment is None or moment >= 0


@pytest.mark.parametrize("name", EVERY)
def test_a_standard_refusal_is_understood_by_all(name):
    """RFC 6749 §5.2, before a provider that says it otherwise: understood, or at least no token."""
    body = b'{"error":"invalid_grant"}'
    assert refusal_of(name, 400, body).outcome in ("dead", "")


@pytest.mark.parametrize("name", provider_names())
def test_a_provider_is_complete(name):
    """Sound, told in words, never served, and with what is known of its tokens and where that is from."""
    dialect = builtin(name)
    assert check(dialect.file) == []
    assert dialect.title != name
    assert dialect.summary
    assert dialect.evidence
    assert dialect.endpoints == ()
    assert "renewal" in dialect.form.source.data
    assert dialect.base_url.startswith("https://") or name == "verifiedcarrier"
