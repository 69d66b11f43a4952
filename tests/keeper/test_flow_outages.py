"""The renewal flow, stepped by hand: a store that is full, locked or away."""

from __future__ import annotations

import pytest

from remint.errors import (
    RenewalDelayed,
    StoreUnavailable,
)
from remint.keeper.connection import Busy
from remint.keeper.effects import Sleep
from tests.keeper.provider import access_token, refresh_token
from tests.keeper.stepping import NAME, Desk

FULL = StoreUnavailable("database or disk is full")


def test_no_room_for_the_answer_means_no_call():
    """K2: without an intent that is on the disk nothing is sent."""
    desk = Desk()
    walk = desk.walk().until("intend")
    with pytest.raises(StoreUnavailable):
        walk.fail(FULL).go()
    assert desk.provider.calls == []
    assert desk.walk("two").end().version == 2


def test_a_journal_that_is_away_for_a_moment():
    """The answer is nowhere else: it is tried again, and no second call is made."""
    desk = Desk()
    walk = desk.walk().until("journal").fail(FULL)
    assert walk.step == "sleep"
    assert walk.go().step == "journal"
    assert walk.end().version == 2
    assert len(desk.provider.calls) == 1


def test_a_journal_that_stays_away():
    """Then what the answer brings goes to its place directly, if that can be done."""
    desk = Desk()
    walk = desk.walk().until("send").go()
    while walk.step in ("journal", "sleep"):
        walk = walk.fail(FULL) if walk.step == "journal" else walk.go()
    assert walk.step == "swap"
    assert walk.end().version == 2


def test_a_swap_that_finds_no_room():
    """Callers get the token, for it is durable; and whoever comes next takes it from the journal."""
    desk = Desk()
    walk = desk.walk().until("swap").fail(FULL)
    got = walk.end()
    assert got.tokens.access_token == access_token(NAME, 1)
    assert (got.state, got.version) == ("fresh", 2)
    assert desk.held.version == 1
    other = desk.walk("two")
    assert other.end().tokens == got.tokens
    assert "send" not in other.trail
    assert desk.held.version == 2


def test_no_second_call_while_a_journalled_answer_cannot_be_saved():
    """The journal has the new token: to send the old one again would be the end of a strict line."""
    desk = Desk()
    desk.walk("one").until("swap")
    desk.clock.elapse(25)
    with pytest.raises(StoreUnavailable):
        desk.walk("two").until("swap").fail(FULL).end()
    assert len(desk.provider.calls) == 1
    assert desk.walk("three").end().tokens.refresh_token == refresh_token(NAME, 1)
    assert len(desk.provider.calls) == 1


def test_a_token_that_works_is_given_while_the_store_is_away():
    """In the last seconds too; only with none left does a caller learn of it."""
    desk = Desk(expires_in=10)
    assert desk.walk().until("acquire").fail(FULL).end().tokens.access_token == "at-first"
    desk.clock.elapse(11)
    with pytest.raises(StoreUnavailable):
        desk.walk().until("acquire").fail(FULL)


def test_a_server_that_has_taken_over():
    """Until it is settled nothing is renewed; a token that works is given at once, others wait no longer."""
    desk = Desk(expires_in=10)
    settling = Busy(desk.held, settles_ms=10_000)
    assert desk.walk().until("acquire").go(settling).end().tokens.access_token == "at-first"
    assert desk.provider.calls == []
    desk.clock.elapse(11)
    walk = desk.walk().until("acquire").go(settling)
    assert walk.effect == Sleep(10_000)
    assert walk.end().tokens.access_token == access_token(NAME, 1)
    desk.clock.elapse(3600)
    with pytest.raises(RenewalDelayed, match="taken over") as caught:
        desk.walk(patience=5).until("acquire").go(Busy(desk.held, settles_ms=10_000))
    assert caught.value.retry_after_seconds == 10
