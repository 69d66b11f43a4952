"""The renewal flow, stepped by hand: what a refusal ends, and what it does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from remint.errors import (
    ConnectionDead,
)
from remint.keeper.connection import Answer
from remint.keeper.effects import Received, Send
from tests.keeper.provider import access_token, refresh_token, refusal
from tests.keeper.stepping import NAME, Desk, received


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
