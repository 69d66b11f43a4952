"""The renewal flow, stepped by hand: answers that bring no token, and the pauses that follow."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from remint.dialect import Dialect
from remint.errors import (
    RenewalDelayed,
)
from remint.keeper.effects import Received
from tests.keeper.clock import NOON_MS
from tests.keeper.provider import access_token, refresh_token
from tests.keeper.stepping import NAME, OAUTH2, Desk


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_leaves_doubt(status: int):
    """It may have renewed before it fell over."""
    desk = Desk("grace", "grace")
    walk = desk.walk().until("send").go(Received(status, [], b"oops", 5)).until("release")
    assert desk.held.state == "in_doubt"
    assert desk.store.unread(desk.held) == []
    assert walk.end().version == 2


@pytest.mark.parametrize("status", [429, 503])
def test_turned_away_at_the_door(status: int):
    """Nothing has happened, and ``Retry-After`` is obeyed."""
    desk = Desk()
    reply = Received(status, [("retry-after", "120")], b"", 5)
    with pytest.raises(RenewalDelayed) as caught:
        desk.walk().until("send").go(reply).end()
    assert caught.value.retry_after_seconds == 120
    held = desk.held
    assert (held.state, held.intent) == ("fresh", None)
    assert held.not_before_ms == held.renew_at_ms == desk.clock.now_ms() + 120_000
    # Nobody asks before that, however patient.
    with pytest.raises(RenewalDelayed):
        desk.walk(patience=100).end()
    assert desk.provider.calls == []
    assert desk.walk(patience=130).end().version == 2


def test_retry_after_as_a_date_counts_on_the_providers_clock():
    """Ours is an hour behind; the pause is two minutes all the same."""
    desk = Desk()
    at = "Fri, 15 Jan 2027 09:02:00 GMT"
    date = "Fri, 15 Jan 2027 09:00:00 GMT"
    reply = Received(503, [("date", date), ("retry-after", at)], b"", 5)
    with pytest.raises(RenewalDelayed) as caught:
        desk.walk().until("send").go(reply).end()
    assert 119 <= caught.value.retry_after_seconds <= 121


def test_a_retry_after_of_years_is_one_day():
    """A provider's slip must not end a connection."""
    desk = Desk()
    reply = Received(429, [("retry-after", "99999999")], b"", 5)
    with pytest.raises(RenewalDelayed):
        desk.walk().until("send").go(reply).end()
    assert desk.held.not_before_ms == desk.clock.now_ms() + 86_400_000


def test_a_pause_that_a_clock_set_back_made_long_is_not_kept():
    """The wall clock was a year ahead when the provider asked for a minute."""
    desk = Desk()
    desk.clock.jump(365 * 86_400)
    reply = Received(429, [("retry-after", "60")], b"", 5)
    with pytest.raises(RenewalDelayed):
        desk.walk().until("send").go(reply).end()
    desk.clock.jump(-365 * 86_400)
    assert desk.walk().end().version == 2


def test_renewed_in_so_many_words_pauses_do_not_hinder():
    """A person who asks knows better."""
    desk = Desk()
    reply = Received(429, [("retry-after", "60")], b"", 5)
    with pytest.raises(RenewalDelayed):
        desk.walk().until("send").go(reply).end()
    assert desk.walk(version=1).end().version == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b'{"access_token": "at", "refre',
        b'{"code":400,"message":"no"}',
        b'{"access_token": null}',
        b'{"access_token": ""}',
        b'{"access_token": 17, "expires_in": 3600, "token_type": "Bearer"}',
        b'{"access_token": "a\\u0000b", "expires_in": 3600, "token_type": "Bearer"}',
        b'{"access_token": "at", "refresh_token": "\\n", "expires_in": 1, "token_type": "Bearer"}',
        b"[]",
        b"null",
        b"[" * 20_000,
        b"\xff\xfe\x00",
    ],
)
def test_a_poisoned_answer_is_set_aside(body: bytes):
    """K3: the provider says that all is well, and nothing of it is taken over."""
    desk = Desk("grace", "grace")
    before = desk.held.tokens
    walk = desk.walk().until("send").go(Received(200, [], body, 5)).until("release")
    held = desk.held
    assert held.tokens == before
    assert held.state == "in_doubt"
    assert desk.told() == ["unreadable"]
    (aside,) = desk.store.unread(held)
    assert aside.is_aside
    assert aside.body == body
    # It does not stand in the way either.
    assert walk.end().tokens.access_token == access_token(NAME, 1)
    assert desk.told() == ["unreadable", "recovered"]


def test_what_was_set_aside_goes_when_a_later_answer_came():
    """It speaks of a token that nobody has any more."""
    desk = Desk("grace", "grace")
    desk.walk().until("send").go(Received(200, [], b"<html>", 5)).end()
    for _ in range(2):
        desk.clock.elapse(4000)
        desk.walk().end()
    assert desk.store.unread(desk.held) == []


def test_a_refresh_token_of_null_or_nothing_keeps_the_one_before():
    """K3: not every answer brings another one."""
    for value in (None, "", msgspec.UNSET):
        desk = Desk("keep", "keep")
        body = {"access_token": "new", "token_type": "Bearer", "expires_in": 60}
        if value is not msgspec.UNSET:
            body["refresh_token"] = value
        reply = Received(200, [], msgspec.json.encode(body), 5)
        after = desk.walk().until("send").go(reply).end()
        assert after.tokens.access_token == "new"
        assert after.tokens.refresh_token == refresh_token(NAME)


def test_headers_that_no_dialect_expects():
    """A ``Date`` or ``Retry-After`` of any letters stops nothing."""
    for name in ("date", "retry-after"):
        for value in ("☃", "", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "-1", "\xe9"):
            desk = Desk()
            reply = Received(200, [(name, value)], desk.provider.success(NAME, 1)[2], 5)
            assert desk.walk().until("send").go(reply).end().version == 2


def test_a_dialect_that_falls_over_is_an_answer_not_understood():
    """A hook may raise anything: the answer stays, and the flow goes on."""

    def decode(*_arguments: Any, **_options: Any) -> Any:
        raise ZeroDivisionError

    desk = Desk("grace", "grace")
    whole = desk.dialect
    calls = tuple(dataclasses.replace(call, decode=decode) for call in whole.calls)
    desk.dialect = dataclasses.replace(whole, calls=calls)
    walk = desk.walk().until("send").go().until("release")
    assert desk.told() == ["unreadable"]
    desk.dialect = whole
    assert walk.end().tokens.access_token == access_token(NAME, 1)
    assert len(desk.provider.calls) == 1


def test_a_clock_that_was_set_back_is_no_reason_to_wait():
    """Issued in what is now the future: that is not "too young to be renewed"."""
    for dialect in (OAUTH2, _with_renewal(earliest_seconds=600)):
        desk = Desk(expires_in=3600, dialect=dialect)
        desk.clock.jump(-30 * 86_400)
        assert desk.walk(rejected="at-first").end().version == 2


def test_too_young_to_be_renewed():
    """Before its earliest moment a token is not renewed; the provider would call that an error."""
    desk = Desk(dialect=_with_renewal(earliest_seconds=600), expires_in=60)
    held = desk.held
    tokens = msgspec.structs.replace(
        held.tokens, issued_at_ms=desk.clock.now_ms() - 540_000, expires_at_ms=NOON_MS + 60_000
    )
    desk.store.forget(NAME)
    desk.store.create(msgspec.structs.replace(held, tokens=tokens))
    walk = desk.walk()
    assert walk.end().tokens.access_token == "at-first"
    with pytest.raises(RenewalDelayed) as caught:
        desk.walk(version=1).end()
    assert caught.value.retry_after_seconds == 60
    assert desk.provider.calls == []
    assert desk.walk(version=1, patience=61).end().version == 2


def test_a_fresh_token_that_is_rejected_comes_back_as_it_is():
    """It is not its age: another one would fare no better, and the provider's patience has an end."""
    desk = Desk()
    first = desk.walk().end().tokens.access_token
    desk.clock.elapse(3)
    assert desk.walk(rejected=first).end().tokens.access_token == first
    assert desk.provider.renewals == 1
    desk.clock.elapse(30)
    assert desk.walk(rejected=first).end().tokens.access_token == access_token(NAME, 2)


def _with_renewal(**said: Any) -> Dialect:
    renewal = msgspec.structs.replace(OAUTH2.renewal, **said)
    return dataclasses.replace(OAUTH2, renewal=renewal)
