"""The renewal flow, stepped by hand: what is done in which order, and by whom."""

from __future__ import annotations

import pytest

from remint.errors import (
    ConnectionDead,
    RenewalDelayed,
    UnknownConnection,
)
from remint.keeper.effects import Lost, Received, Send, Unsent
from tests.keeper.provider import access_token, refresh_token
from tests.keeper.stepping import NAME, Desk

WHOLE = ["load", "acquire", "unread", "intend", "send", "journal", "swap", "release"]


def test_the_order_of_a_renewal():
    """Intent, send, raw answer, swap, release; nothing else, nothing earlier."""
    desk = Desk()
    walk = desk.walk()
    after = walk.end()
    assert walk.trail == WHOLE
    assert after == desk.held
    assert after.tokens.access_token == access_token(NAME, 1)
    assert after.tokens.refresh_token == refresh_token(NAME, 1)
    assert (after.state, after.version, after.intent) == ("fresh", 2, None)
    assert desk.told() == ["renewed"]


def test_the_answer_is_kept_as_it_came_before_anything_reads_it():
    """What is journalled is the body that came, also one that means nothing."""
    desk = Desk()
    walk = desk.walk().until("send")
    walk.go(Received(200, [("date", "x")], b"\xff<html>", 7)).go()
    (kept,) = desk.store.unread(desk.held)
    assert (kept.body, kept.headers, kept.elapsed_ms) == (b"\xff<html>", [("date", "x")], 7)
    assert kept.sent == refresh_token(NAME)


def test_an_unknown_connection():
    """Said at once; and also if it is deleted on the way."""
    desk = Desk()
    walk = desk.walk()
    desk.store.forget(NAME)
    with pytest.raises(UnknownConnection):
        walk.go()
    desk = Desk()
    walk = desk.walk().until("acquire")
    desk.store.forget(NAME)
    with pytest.raises(UnknownConnection):
        walk.go()


def test_forgotten_while_the_provider_is_asked():
    """The answer has nowhere to go, and the caller learns why."""
    desk = Desk()
    walk = desk.walk().until("send")
    desk.store.forget(NAME)
    with pytest.raises(UnknownConnection):
        walk.end()


def test_a_token_that_works_is_not_renewed():
    """With a good token stored there is one look into the store."""
    desk = Desk(expires_in=3600)
    walk = desk.walk()
    assert walk.end().tokens.access_token == "at-first"
    assert walk.trail == ["load"]


def test_who_comes_second_takes_what_the_first_brought():
    """The waiter looks again, and sends nothing."""
    desk = Desk()
    first, second = desk.walk("one").until("send"), desk.walk("two")
    second.until("sleep")
    first.end()
    assert second.end().tokens.access_token == access_token(NAME, 1)
    assert "send" not in second.trail
    assert desk.provider.renewals == 1


def test_a_waiter_gives_up_after_its_patience():
    """And says when to come again; the one at work is left alone."""
    desk = Desk()
    first = desk.walk("one", patience=3).until("send")
    second = desk.walk("two", patience=3)
    with pytest.raises(RenewalDelayed) as caught:
        second.end()
    assert caught.value.retry_after_seconds < 1
    assert first.end().version == 2


def test_a_waiter_in_the_last_seconds_gets_the_token_that_still_works():
    """In the mandatory window a caller waits for the new one; but not to be told no."""
    desk = Desk(expires_in=10)
    desk.walk("one").until("send")
    assert desk.walk("two", patience=3).end().tokens.access_token == "at-first"


def test_the_lease_runs_out_before_the_intent():
    """Nothing is sent, and the flow begins again."""
    desk = Desk()
    walk = desk.walk("one").until("intend")
    desk.clock.elapse(25)
    other = desk.walk("two").until("send")
    walk.go()
    assert desk.provider.calls == []
    assert other.end().version == walk.end().version == 2


def test_the_lease_runs_out_before_the_send():
    """Whoever took over is not disturbed: its intent stands."""
    desk = Desk()
    stopped = desk.walk("one").until("send")
    desk.clock.elapse(25)
    other = desk.walk("two").until("send")
    stopped.until("release")
    intent = desk.held.intent
    assert intent is not None
    assert (intent.fence, desk.held.state, desk.held.failures) == (2, "renewing", 0)
    assert desk.told() == []
    assert other.end().version == stopped.end().version == 2
    assert desk.provider.renewals == len(desk.provider.calls) == 1


def test_a_journalled_answer_spares_the_second_call():
    """K4: it was kept before the holder was killed; the next one reads it."""
    desk = Desk()
    desk.walk("one").until("swap")
    desk.clock.elapse(25)
    walk = desk.walk("two")
    after = walk.end()
    assert after.tokens.refresh_token == refresh_token(NAME, 1)
    assert "send" not in walk.trail
    assert len(desk.provider.calls) == 1
    assert desk.told() == ["recovered"]


@pytest.mark.parametrize(
    "rotation, declared, state",
    [
        ("strict", "strict", "dead"),
        ("single", "strict", "dead"),
        ("grace", "grace", "fresh"),
        ("keep", "keep", "fresh"),
    ],
)
def test_a_lost_answer_is_recovered_as_the_rotation_allows(
    rotation: str, declared: str, state: str
):
    """K4: the replay comes once, after a pause; strict providers refuse it, and that is reported."""
    desk = Desk(rotation, declared)
    walk = desk.walk("one").until("send")
    assert isinstance(walk.effect, Send)
    desk.answered(walk.effect)
    walk.go(Lost("ReadTimeout")).go()
    assert desk.held.state == "in_doubt"
    assert desk.told() == ["in_doubt"]
    if state == "dead":
        with pytest.raises(ConnectionDead) as caught:
            walk.end()
        assert "rotation is 'strict'" in caught.value.description
    else:
        walk.end()
        assert desk.told() == ["in_doubt", "recovered"]
    assert len(desk.provider.calls) == 2
    assert desk.held.state == state


def test_what_was_never_sent_leaves_no_doubt():
    """A refused connection is tried again later, with the token as good as before."""
    desk = Desk()
    walk = desk.walk().until("send").go(Unsent("ConnectError")).go()
    held = desk.held
    assert (held.state, held.intent, held.failures) == ("fresh", None, 1)
    assert held.not_before_ms > desk.clock.now_ms()
    assert desk.told() == ["delayed"]
    assert walk.end().version == 2
    assert desk.told() == ["delayed", "renewed"]


def test_unsent_after_a_lost_answer_is_still_in_doubt():
    """The call before may have happened, whatever became of this one."""
    desk = Desk("grace", "grace")
    walk = desk.walk().until("send").go(Lost("ReadTimeout"))
    walk.until("send").go(Unsent("ConnectError")).go()
    assert desk.held.state == "in_doubt"
    assert desk.held.intent is not None
    walk.end()
    assert desk.told() == ["in_doubt", "in_doubt", "recovered"]
