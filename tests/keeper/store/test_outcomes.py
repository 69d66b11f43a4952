"""What becomes of an answer: new tokens or a setback, decided by the token that was sent."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from remint.keeper.connection import Intent, Setup, Tokens
from tests.keeper.store.given import (
    LEASE_MS,
    answer,
    answered,
    held,
    kept,
    leased,
    now,
    renewed,
    setback,
    tokens,
)
from tests.keeper.store.places import NOW_MS


def test_a_swap_puts_new_tokens_in_place(store, another):
    """And clears away whatever was wrong before."""
    made = kept(store, failures=3, not_before_ms=NOW_MS + 9, state="in_doubt")
    lease = leased(store)
    swapped = store.swap(made, answered(store, lease), renewed(4))
    assert swapped == replace(
        made,
        tokens=tokens(4),
        state="fresh",
        version=2,
        renewed_at_ms=NOW_MS + 4,
        renewals=1,
        renew_at_ms=NOW_MS + 4_000_000,
        not_before_ms=0,
        failures=0,
        swapped_fence=lease.fence,
    )
    assert now(another) == swapped


def test_a_swap_is_decided_by_the_token_that_was_sent(store, another):
    """Whoever holds the lease, and whatever the caller has seen."""
    made = kept(store)
    lease = leased(store)
    reply = answer(lease.fence, "refresh-of-long-ago")
    store.append(lease, reply)
    assert store.swap(made, reply, renewed(1)) is None
    assert now(store).tokens == made.tokens
    assert store.unread(made) == []
    good = answered(store, lease)
    assert another.swap(made, good, renewed(1)) is not None
    assert another.swap(made, good, renewed(2)) is None
    assert now(store).tokens == tokens(1)


def test_a_late_answer_under_an_older_fence_loses(store, another, place):
    """Though it answers the token that is stored: where the provider sends the same one back."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another)
    same = replace(tokens(1), refresh_token=made.sent)
    newer = answered(another, second)
    late = answer(first.fence, made.sent, b"late")
    store.append(first, late)
    assert another.swap(made, newer, replace(renewed(1), tokens=same)) is not None
    assert store.swap(made, late, renewed(2)) is None
    assert now(store).tokens == same
    assert store.unread(made) == []


def test_an_answer_is_swapped_in_once(store):
    """Again under its own fence it loses."""
    made = kept(store)
    lease = leased(store)
    reply = answered(store, lease)
    same = replace(renewed(1), tokens=replace(tokens(1), refresh_token=made.sent))
    assert store.swap(made, reply, same) is not None
    assert store.swap(made, reply, renewed(2)) is None


def test_a_swap_revives_the_dead(store):
    """The provider's word came late, and is good."""
    made = kept(store)
    first = leased(store)
    assert store.settle(made, setback("dead"), first.fence)
    reply = answer(first.fence, made.sent)
    store.append(first, reply)
    swapped = store.swap(now(store), reply, renewed(1))
    assert swapped is not None and swapped.state == "fresh" and swapped.trouble is None
    assert store.due(NOW_MS * 2, 9) == []
    store.release(first)
    assert store.due(NOW_MS * 2, 9) == ["acme"]


@pytest.mark.parametrize("grant", ["client_credentials", "password"])
def test_without_a_refresh_token_the_access_token_is_what_is_sent(store, grant):
    """It decides the swap of a connection that has no other."""
    plain = Tokens("access-a")
    setup = Setup("oauth2", grant=grant)
    made = kept(store, tokens=plain, setup=setup)
    lease = leased(store)
    reply = answered(store, lease)
    assert reply.sent == "access-a"
    new = replace(renewed(1), tokens=Tokens("access-b", refresh_token="unused"))
    assert store.swap(made, reply, new) is not None
    assert now(store).sent == "access-b"
    assert store.swap(made, answer(lease.fence + 1, "access-a"), renewed(2)) is None


def test_a_setback_is_written_down(store, another):
    """All of it, and the answer is consumed."""
    made = kept(store)
    lease = leased(store)
    answered(store, lease)
    back = setback(failures=2)
    assert store.settle(made, back, lease.fence)
    assert now(another) == replace(
        made,
        state="fresh",
        trouble=back.trouble,
        failures=2,
        not_before_ms=back.not_before_ms,
        renew_at_ms=back.renew_at_ms,
    )
    assert store.unread(made) == []


def test_a_setback_may_leave_doubt(store):
    """The intent stays, and the next one counts on from it."""
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    assert store.settle(made, setback("in_doubt", keeps_intent=True), lease.fence)
    assert now(store).state == "in_doubt"
    assert now(store).intent == Intent(lease.fence, NOW_MS)
    store.release(lease)
    assert store.intend(leased(store), NOW_MS)
    intent = now(store).intent
    assert intent is not None and intent.tries == 2


def test_a_setback_to_a_token_that_is_gone_is_refused(store, another, place):
    """``invalid_grant`` for a token that somebody replaced meanwhile kills nothing."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another)
    assert another.swap(made, answered(another, second), renewed(1)) is not None
    refused = answer(first.fence, made.sent, b"no")
    store.append(first, refused)
    assert not store.settle(made, setback("dead"), first.fence)
    assert now(store).state == "fresh"
    assert now(store).trouble is None
    assert store.unread(made) == []


def test_nothing_dies_with_an_answer_unread(store, another, place):
    """Of another fence, older or newer; once that is read, it may."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another)
    no = answered(another, second, b"no")
    good = answer(first.fence, made.sent, b"good")
    store.append(first, good)
    assert not another.settle(made, setback("dead"), no.fence)
    assert now(store).state == "renewing"
    assert store.unread(made) == [good]
    assert store.settle(made, setback(), good.fence)
    assert another.settle(made, setback("dead"), no.fence)
    assert now(store).state == "dead"


def test_a_setback_to_a_call_that_was_overtaken_by_a_swap_is_refused(store, another, place):
    """Though the provider gave the same refresh token back, and it is the stored one still."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another)
    same = replace(renewed(1), tokens=replace(tokens(1), refresh_token=made.sent))
    assert another.swap(made, answered(another, second), same) is not None
    assert not store.settle(made, setback("dead"), first.fence)
    assert not store.settle(made, setback(), second.fence)
    assert now(store).trouble is None
    assert store.settle(made, setback(), second.fence + 1)


def test_a_later_call_with_the_same_token_is_waited_for(store, another, place):
    """A setback of the earlier one is noted, but neither kills nor clears away the later one's intent."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another)
    assert another.intend(second, NOW_MS)
    assert not store.settle(made, setback("dead"), first.fence)
    assert now(store).trouble is None
    assert store.settle(made, setback("fresh", failures=4), first.fence)
    assert now(store).state == "renewing"
    assert now(store).intent == Intent(second.fence, NOW_MS, 2)
    assert now(store).failures == 4
    assert another.settle(made, setback("dead"), second.fence)
    assert now(store).state == "dead"


def test_an_answer_of_its_own_fence_keeps_nobody_alive(store):
    """It is the one that said so."""
    made = kept(store)
    lease = leased(store)
    answered(store, lease)
    assert store.settle(made, setback("dead"), lease.fence)
    assert now(store).state == "dead"


def test_room_for_an_answer_keeps_nobody_alive(store, another, place):
    """Only an answer does: nobody knows whether one will ever come."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another)
    answered(another, second)
    assert another.settle(made, setback("dead"), second.fence)


def test_an_answer_may_be_set_aside(store, another, place):
    """It was read and not understood: it stays, marked, and keeps nobody alive."""
    made = kept(store)
    first = leased(store)
    reply = answered(store, first, b"<html>")
    assert store.settle(made, setback("in_doubt", consumes=False, keeps_intent=True), first.fence)
    assert another.unread(made) == [replace(reply, is_aside=True)]
    store.release(first)
    second = leased(another)
    answered(another, second, b"no")
    assert another.settle(made, setback("dead"), second.fence)
    assert store.unread(made) == [replace(reply, is_aside=True)]
    # A later release understands it, and it is good.
    assert store.swap(made, replace(reply, is_aside=True), renewed(1)) is not None
    assert store.unread(made) == []


def test_an_answer_is_set_aside_even_where_the_setback_is_refused(store):
    """It was read, whatever became of the connection."""
    made = kept(store)
    lease = leased(store)
    reply = answered(store, lease)
    other = held(generation=9)
    assert not store.settle(other, setback(consumes=False), lease.fence)
    assert store.unread(made) == [replace(reply, is_aside=True)]


def test_a_new_answer_is_not_aside_because_an_old_one_was(store):
    """A second call under the same lease brings another."""
    made = kept(store)
    lease = leased(store)
    answered(store, lease, b"<html>")
    assert store.settle(made, setback("in_doubt", consumes=False, keeps_intent=True), lease.fence)
    second = answered(store, lease, b"<html>")
    assert store.unread(made) == [second]


def test_a_call_without_an_answer_leaves_nothing(store, another):
    """Neither to read nor to be set aside."""
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    assert store.settle(made, setback(consumes=False), lease.fence)
    assert another.unread(made) == []
    reply = answer(lease.fence, made.sent)
    store.append(lease, reply)
    assert another.unread(made) == [reply]


def test_of_many_answers_one_is_swapped_in(store, another, place):
    """Eight calls for one token, each under a lease that the next one took over; all come at once."""
    made = kept(store)
    replies = []
    for number in range(8):
        asked = (store, another)[number % 2]
        replies.append(answered(asked, leased(asked), b"%d" % number))
        place.clock.step(LEASE_MS)
    with ThreadPoolExecutor(8) as pool:
        swaps = [
            pool.submit((store, another)[at % 2].swap, made, reply, renewed(at + 1))
            for at, reply in enumerate(replies)
        ]
        won = [found for each in swaps if (found := each.result()) is not None]
    assert len(won) == 1
    assert now(store) == won[0]
    assert store.unread(made) == []


def test_a_line_of_renewals_never_goes_back(store, another, place):
    """Each swap is of the token before it; an older answer, offered at any time, changes nothing."""
    kept(store)
    seen = []
    for number in range(1, 10):
        asked = (store, another)[number % 2]
        lease = leased(asked)
        reply = answered(asked, lease)
        assert asked.swap(lease.held, reply, renewed(number)) is not None
        asked.release(lease)
        seen.append(reply)
        for old in seen:
            assert store.swap(lease.held, old, renewed(99)) is None
        assert now(another).version == number + 1
    assert len({reply.fence for reply in seen}) == len(seen)
    assert all(a.fence < b.fence for a, b in itertools.pairwise(seen))
