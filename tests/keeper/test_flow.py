"""The renewal flow, stepped by hand: what is done in which order, and what each answer leads to."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from remint.dialect import Dialect
from remint.errors import (
    ConnectionDead,
    RenewalDelayed,
    StoreUnavailable,
    UnknownConnection,
)
from remint.keeper.connection import Answer
from remint.keeper.effects import Lost, Received, Send, Unsent
from tests.keeper.clock import NOON_MS
from tests.keeper.provider import access_token, refresh_token, refusal
from tests.keeper.stepping import NAME, OAUTH2, Desk, received

WHOLE = ["load", "acquire", "unread", "intend", "send", "journal", "swap", "release"]


def answer_of(desk: Desk, number: int, fence: int, **other: Any) -> Answer:
    """A success under ``fence`` that was journalled for the refresh token of generation ``number``."""
    said = {"status": 200, "body": desk.provider.success(NAME, number + 1)[2], **other}
    return Answer(
        fence=fence,
        sent=refresh_token(NAME, number),
        received_at_ms=desk.clock.now_ms(),
        elapsed_ms=30,
        headers=[],
        **said,
    )


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


def test_dead_when_the_provider_says_so():
    """It is written down, told once, and nobody asks again."""
    desk = Desk()
    desk.provider.revoked.add(NAME)
    for _ in range(3):
        with pytest.raises(ConnectionDead) as caught:
            desk.walk().end()
        assert (caught.value.code, caught.value.outcome) == ("invalid_grant", "dead")
    assert len(desk.provider.calls) == 1
    assert desk.told() == ["dead"]
    assert desk.held.state == "dead"
    assert desk.held.tokens.refresh_token == refresh_token(NAME)


def test_a_dead_connection_hands_out_the_token_that_still_works():
    """Death says that there will be no other."""
    desk = Desk(expires_in=100)
    desk.provider.revoked.add(NAME)
    with pytest.raises(ConnectionDead):
        desk.walk(version=1).end()
    assert desk.walk().end().tokens.access_token == "at-first"


def test_a_wrong_client_is_for_a_person():
    """``invalid_client`` says nothing of the token: somebody has to log in, or mend the secret."""
    desk = Desk()
    with pytest.raises(ConnectionDead) as caught:
        desk.walk().until("send").go(received(refusal("invalid_client", 401))).end()
    assert caught.value.outcome == "login"
    assert desk.told() == ["login"]


def test_asked_for_in_so_many_words_the_dead_are_asked_again():
    """A person has put it right at the provider."""
    desk = Desk()
    desk.provider.revoked.add(NAME)
    with pytest.raises(ConnectionDead):
        desk.walk().end()
    desk.provider.revoked.clear()
    assert desk.walk(version=desk.held.version).end().state == "fresh"
    assert desk.told() == ["dead", "recovered"]


def test_the_loser_of_a_race_does_not_kill_the_winner():
    """K5: it was refused for a token that is not the stored one any more."""
    desk = Desk("single")
    loser = desk.walk("one").until("send")
    desk.clock.elapse(25)
    desk.walk("two").end()
    # Its request was on the way already.
    send = loser.effect
    assert isinstance(send, Send)
    loser.go(received(desk.provider.renew(desk.call(send))))
    assert loser.end().tokens.access_token == access_token(NAME, 1)
    assert desk.held.state == "fresh"
    assert "dead" not in desk.told()


def test_a_refusal_in_the_journal_does_not_kill_a_token_that_came_later():
    """K5: the loser was killed before it could say so; its answer speaks of the token before."""
    desk = Desk("single")
    loser = desk.walk("one").until("send")
    desk.clock.elapse(25)
    desk.walk("two").end()
    loser.go(received(refusal("invalid_grant"))).go()  # journalled, and no further
    desk.clock.elapse(4000)
    after = desk.walk("three").end()
    assert after.tokens.access_token == access_token(NAME, 2)
    assert desk.told() == ["recovered", "renewed"]
    assert desk.store.unread(after) == []


def test_a_success_and_the_refusal_of_its_replay_in_one_journal():
    """K5: both were killed before they could save. The success counts, in whichever order they are read."""
    for fences in ((1, 2), (2, 1)):
        desk = Desk("single")
        walks = {1: desk.walk("one").until("journal")}
        desk.clock.elapse(25)
        walks[2] = desk.walk("two").until("send")
        replies = [desk.provider.success(NAME, 1), refusal("invalid_grant")]
        for fence, reply in zip(fences, replies, strict=True):
            walk = walks[fence]
            lease = walk.flow.lease
            assert lease is not None
            kept = received(reply)
            desk.store.append(lease, answer_of(desk, 0, fence, status=kept.status, body=kept.body))
        desk.clock.elapse(25)
        after = desk.walk("three").end()
        assert after.tokens.refresh_token == refresh_token(NAME, 1)
        assert after.state == "fresh"
        assert "dead" not in desk.told()
        assert desk.store.unread(after) == []


def test_not_dead_while_an_answer_is_unread():
    """K5: what is in the journal may be the token that the refusal misses."""
    desk = Desk("single")
    winner = desk.walk("one").until("journal")
    desk.clock.elapse(25)
    loser = desk.walk("two").until("settle")
    winner.go()
    assert loser.end().tokens.access_token == access_token(NAME, 1)
    assert "dead" not in desk.told()


def test_the_holder_that_was_stopped_brings_the_dead_back():
    """K2: an answer is never refused for a lost lease, and swaps in where it is still wanted."""
    desk = Desk("single")
    stopped = desk.walk("one").until("journal")
    desk.clock.elapse(25)
    with pytest.raises(ConnectionDead) as caught:
        desk.walk("two").end()
    assert "lost" in caught.value.description
    assert stopped.end().tokens.access_token == access_token(NAME, 1)
    assert desk.held.state == "fresh"
    assert desk.told() == ["dead", "renewed"]


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


@pytest.mark.parametrize("declared", ["strict", "keep"])
def test_a_late_refusal_does_not_undo_a_later_success(declared: str):
    """Under ``keep`` too, where both calls offered the same token."""
    desk = Desk("keep" if declared == "keep" else "single", declared)
    stopped = desk.walk("one").until("send")
    desk.clock.elapse(25)
    desk.walk("two").end()
    stopped.go(received(refusal("invalid_grant")))
    assert stopped.end().state == "fresh"
    assert desk.held.state == "fresh"
    assert "dead" not in desk.told()


def test_nobody_dies_while_a_later_call_is_under_way():
    """The refusal may be that other call's doing; what it brings will tell."""
    desk = Desk("single")
    first = desk.walk("one").until("send")
    desk.clock.elapse(25)
    second = desk.walk("two").until("send")
    first.go(received(refusal("invalid_grant"))).until("sleep")
    assert desk.held.state == "renewing"
    assert second.end().version == first.end().version == 2
    assert desk.told() == ["recovered"]


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


def test_nothing_to_renew_with():
    """The provider never gave a refresh token: a person has to log in, which is said once."""
    desk = Desk()
    reply = Received(200, [], b'{"access_token":"x","token_type":"Bearer","expires_in":60}', 5)
    desk.walk().until("send").go(reply).end()
    held = desk.held
    tokens = msgspec.structs.replace(held.tokens, refresh_token=None)
    desk.store.forget(NAME)
    desk.store.create(msgspec.structs.replace(held, tokens=tokens))
    desk.clock.elapse(120)
    for _ in range(2):
        with pytest.raises(ConnectionDead) as caught:
            desk.walk().end()
        assert (caught.value.code, caught.value.outcome) == ("no_refresh_token", "login")
    assert desk.told() == ["renewed", "login"]


def _with_renewal(**said: Any) -> Dialect:
    renewal = msgspec.structs.replace(OAUTH2.renewal, **said)
    return dataclasses.replace(OAUTH2, renewal=renewal)
