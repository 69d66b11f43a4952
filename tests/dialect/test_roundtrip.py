"""decode∘encode is the identity, for requests, answers and refusals of every dialect that can serve."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import TokenAnswer, TokenRequest, load
from remint.dialect.vocabulary import INTEGER_BOUNDS, KINDS, REFUSAL_STATUSES
from remint.errors import Refusal
from tests.dialect.exchange import BASE_URL, NOW_MS, arrival, endpoint_of, every_dialect

DIALECTS = {dialect.name: dialect for dialect in every_dialect()}
CALLS = [(dialect.name, call.grant) for dialect in DIALECTS.values() for call in dialect.served]

header_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80)
any_text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=80)
seconds = st.integers(1, 10**9)


def values(field):
    """What a field may hold, wherever it travels."""
    if field.type in INTEGER_BOUNDS:
        return st.integers(*INTEGER_BOUNDS[field.type])
    return header_text if {"header", "cookie", "bearer"} & set(field.carriers) else any_text


def requests_of(call):
    """Every request that the call can make; of a field that may be absent, also none."""
    members: dict[str, Any] = {}
    extras: dict[str, Any] = {}
    for field in call.form.request:
        if field.value is not None or field.generate is not None:
            continue
        strategy = values(field) if field.required else st.none() | values(field)
        (extras if field.extra else members)[field.extra or field.meaning] = strategy
    if extras:
        some = st.fixed_dictionaries(extras)
        members["extras"] = some.map(
            lambda found: {k: v for k, v in found.items() if v is not None} or None
        )
    return st.builds(TokenRequest, st.just(call.grant), **members)


@pytest.mark.parametrize("name, grant", CALLS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_request_arrives_as_it_was_sent(name, grant, data):
    """What a caller encodes, the endpoint decodes to the same."""
    call = DIALECTS[name].call(grant)
    request = data.draw(requests_of(call))
    wire = call.encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    assert arrival(wire).at(endpoint_of(DIALECTS[name], grant)) == request


def answers_of(call):
    """Every answer that the dialect can carry, complete with what follows from it."""
    fields = {field.meaning: field for field in call.form.answer.fields}

    def complete(drawn):
        drawn["access_expires_at"] = NOW_MS // 1000 + drawn["expires_in"]
        return TokenAnswer(**drawn)

    def maybe(meaning, strategy):
        field = fields.get(meaning)
        if field is None:
            return st.none()
        return strategy if field.required else st.none() | strategy

    scope = st.lists(st.text("abc:.", min_size=1), min_size=1, max_size=3).map(" ".join)
    extras = {
        field.extra: maybe(f"extras.{field.extra}", kind_of(field.format))
        for field in fields.values()
        if field.extra and field.value is None
    }
    return st.fixed_dictionaries(
        {
            "access_token": any_text,
            "expires_in": seconds,
            "token_type": any_text if "token_type" in fields else st.just("Bearer"),
            "refresh_token": maybe("refresh_token", any_text),
            "refresh_expires_at": maybe("refresh_expires_at", st.integers(0, 10**10)),
            "scope": maybe("scope", scope),
            "id_token": maybe("id_token", any_text),
            "extras": st.fixed_dictionaries(extras).map(
                lambda found: {k: v for k, v in found.items() if v is not None} or None
            ),
        }
    ).map(complete)


def kind_of(format_):
    return st.integers(-(2**53), 2**53) if format_ == "integer" else any_text


@pytest.mark.parametrize("name, grant", CALLS)
@settings(max_examples=40)
@given(data=st.data())
def test_an_answer_arrives_as_it_was_given(name, grant, data):
    """What the endpoint encodes, the caller decodes to the same."""
    call = DIALECTS[name].call(grant)
    answer = data.draw(answers_of(call))
    wire = endpoint_of(DIALECTS[name], grant).encode(answer)
    assert call.decode(wire, now_ms=NOW_MS) == answer


refusals = st.builds(
    Refusal,
    st.sampled_from(list(REFUSAL_STATUSES)),
    st.text(max_size=40),
    where=st.sampled_from(["", "query", "header", "body"]),
    name=st.sampled_from(["refresh_token", "client_id"]),
    kind=st.sampled_from(["", *KINDS]),
    retry_after_seconds=st.none() | st.integers(0, 10**6),
)


@pytest.mark.parametrize("name, grant", CALLS)
@settings(max_examples=40)
@given(refusal=refusals)
def test_a_refusal_arrives_as_it_was_meant(name, grant, refusal):
    """A caller understands what the endpoint says: it would say the same, word for word."""
    call, endpoint = DIALECTS[name].call(grant), endpoint_of(DIALECTS[name], grant)
    wire = endpoint.refuse(refusal, "id")
    with pytest.raises(Refusal) as caught:
        call.decode(wire, now_ms=NOW_MS)
    again = endpoint.refuse(caught.value, "id")
    assert (again.status, again.headers, again.body) == (wire.status, wire.headers, wire.body)
    assert caught.value.retry_after_seconds == refusal.retry_after_seconds


CONSEQUENCES = {
    "invalid_grant": "dead",
    "invalid_client": "login",
    "slow_down": "later",
    "temporarily_unavailable": "later",
    "server_error": "later",
}


@pytest.mark.parametrize("name, grant", CALLS)
@pytest.mark.parametrize("code", CONSEQUENCES)
def test_a_caller_learns_what_follows(name, grant, code):
    """Each refusal that matters to a caller comes through with its outcome."""
    call, endpoint = DIALECTS[name].call(grant), endpoint_of(DIALECTS[name], grant)
    with pytest.raises(Refusal) as caught:
        call.decode(endpoint.refuse(Refusal(code, "Words."), "id"), now_ms=NOW_MS)
    assert (caught.value.code, caught.value.outcome) == (code, CONSEQUENCES[code])


EVERY_CARRIER = """
name = "carriers"
[call.refresh_token]
path = "/v1/{refresh_token}/renew"
[call.refresh_token.request]
refresh_token = { in = "path" }
client_id = { in = "cookie", name = "client" }
access_token = { in = "bearer" }
api_key = { in = "query", name = "key" }
extras.shop = { in = "json", name = ["ids", "shop"], type = "int64" }
extras.live = { in = "json", type = "boolean", required = false }
extras.tenant = { in = "header", name = "X-Tenant", type = "positive" }
extras.nonce = { in = "header", name = "X-Nonce", generate = "uuid" }
extras.stamp = { in = "query", name = "t", generate = "epoch-ms" }
extras.page = { in = "query", type = "boolean", required = false }
[answer.fields]
access_token = {}
expires_in = { format = "minutes-text" }
[refusal]
"""


@pytest.fixture(scope="module")
def carriers(tmp_path_factory):
    file = tmp_path_factory.mktemp("dialects") / "carriers.toml"
    file.write_text(EVERY_CARRIER)
    return load(file)


@settings(max_examples=40)
@given(data=st.data())
def test_every_carrier_carries(carriers, data):
    """Path, cookie, bearer, query, nested JSON, numbers as numbers, header, generated values."""
    call, endpoint = carriers.calls[0], carriers.endpoints[0]
    safe = st.text("abcXYZ019-_.~", min_size=1)
    request = data.draw(
        st.builds(
            TokenRequest,
            st.just("refresh_token"),
            refresh_token=safe,
            client_id=safe,
            access_token=safe,
            api_key=any_text,
            extras=st.fixed_dictionaries(
                {"shop": st.integers(-(2**63), 2**63 - 1), "tenant": st.integers(1, 2**63 - 1)},
                optional={"live": st.booleans(), "page": st.booleans()},
            ),
        )
    )
    wire = call.encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    assert f"t={NOW_MS}" in wire.url
    assert ("X-Nonce", "00000000-0000-4000-8000-000000000000") in wire.headers
    assert msgspec.to_builtins(arrival(wire).at(endpoint)) == msgspec.to_builtins(request)
