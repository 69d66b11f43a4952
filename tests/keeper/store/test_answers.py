"""Intents and answers: room is made before, and nothing that came is lost."""

from __future__ import annotations

from remint.keeper.connection import MOST_ANSWER_BYTES, Intent
from tests.keeper.store.given import (
    LEASE_MS,
    answer,
    answered,
    kept,
    leased,
    now,
    renewed,
)
from tests.keeper.store.places import NOW_MS


def test_an_intent_is_seen_by_all(store, another, place):
    """While its lease holds the connection is renewing, and afterwards in doubt."""
    kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS + 3)
    assert now(another).state == "renewing"
    assert now(another).intent == Intent(lease.fence, NOW_MS + 3)
    place.clock.step(LEASE_MS)
    assert now(another).state == "in_doubt"
    assert leased(another).held.intent == Intent(lease.fence, NOW_MS + 3)


def test_an_intent_that_was_given_up_is_in_doubt(store, another):
    """Its holder let go of the lease and said nothing of an answer."""
    kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    store.release(lease)
    assert now(another).state == "in_doubt"


def test_tries_are_counted_for_one_token(store, place):
    """Over leases and owners; another token begins anew."""
    kept(store)
    for tries in (1, 2, 3):
        lease = leased(store, owner=f"owner {tries}")
        assert store.intend(lease, NOW_MS + tries)
        assert now(store).intent == Intent(lease.fence, NOW_MS + tries, tries)
        place.clock.step(LEASE_MS)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    assert store.intend(lease, NOW_MS)
    assert now(store).intent == Intent(lease.fence, NOW_MS, 5)
    assert store.swap(lease.held, answered(store, lease), renewed(1)) is not None
    store.release(lease)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    assert now(store).intent == Intent(lease.fence, NOW_MS, 1)


def test_an_intent_needs_the_token_that_the_lease_saw(store, another, place):
    """A late answer was swapped in meanwhile: what would be sent is spent."""
    kept(store)
    first = leased(store)
    reply = answered(store, first)
    place.clock.step(LEASE_MS)
    second = leased(another, owner="you")
    assert store.swap(first.held, reply, renewed(1)) is not None
    assert not another.intend(second, NOW_MS)
    assert now(store).intent is None


def test_an_intent_for_a_token_that_is_gone_is_told(store, another, place):
    """The call may still be under way; what it brings would lose."""
    kept(store)
    first = leased(store)
    reply = answered(store, first)
    place.clock.step(LEASE_MS)
    second = leased(another)
    assert another.intend(second, NOW_MS)
    assert store.swap(first.held, reply, renewed(1)) is not None
    # The swap made everything good: there is no doubt left.
    assert now(store).intent is None
    assert now(store).state == "fresh"


def test_an_answer_is_unread_until_it_is_consumed(store, another):
    """Everybody sees it, as it came."""
    made = kept(store)
    lease = leased(store)
    reply = answered(store, lease, bytes(range(256)) * (MOST_ANSWER_BYTES // 256))
    assert store.unread(made) == [reply]
    assert another.unread(made) == [reply]
    assert now(another).state == "renewing"
    assert another.swap(made, reply, renewed(1)) is not None
    assert store.unread(made) == []


def test_answers_come_in_the_order_of_their_fences(store, place):
    """Whenever they were appended."""
    made = kept(store)
    leases = []
    for _ in range(4):
        lease = leased(store)
        assert store.intend(lease, NOW_MS)
        leases.append(lease)
        place.clock.step(LEASE_MS)
    replies = [answer(lease.fence, made.sent, b"%d" % lease.fence) for lease in leases]
    for at in (2, 0, 3, 1):
        store.append(leases[at], replies[at])
    assert store.unread(made) == replies


def test_an_answer_needs_no_lease(store, another, place):
    """Its holder was stopped for long; another renewed meanwhile and found nothing to read."""
    made = kept(store)
    first = leased(store)
    assert store.intend(first, NOW_MS)
    place.clock.step(LEASE_MS)
    second = leased(another, owner="you")
    assert another.unread(made) == []
    late = answer(first.fence, made.sent, b"late")
    store.append(first, late)
    assert another.unread(made) == [late]
    newer = answered(another, second, b"newer")
    assert store.unread(made) == [late, newer]


def test_an_answer_needs_no_intent(store):
    """Where nobody made room there is some, if the disk has any."""
    made = kept(store)
    lease = leased(store)
    reply = answer(lease.fence, made.sent)
    store.append(lease, reply)
    assert store.unread(made) == [reply]
    store.release(lease)
    again = leased(store)
    assert store.intend(again, NOW_MS)
    store.release(again)
    another = answer(again.fence, made.sent, b"after it was given back")
    store.append(again, another)
    assert store.unread(made) == [reply, another]


def test_an_answer_replaces_one_of_its_own_lease(store):
    """A second call under one lease: what came first was not good enough to stop at."""
    made = kept(store)
    lease = leased(store)
    answered(store, lease, b"the first, and a long one")
    second = answered(store, lease, b"second")
    assert store.unread(made) == [second]


def test_an_answer_may_be_longer_than_any(store):
    """There is no room made for it, but the disk has some."""
    made = kept(store)
    lease = leased(store)
    reply = answered(store, lease, b"x" * 300_000)
    assert store.unread(made) == [reply]
    assert store.swap(made, reply, renewed(1)) is not None
    store.release(lease)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    assert store.unread(made) == []


def test_answers_of_other_connections_are_others(store):
    """Each has its own."""
    first, second = kept(store, "a"), kept(store, "b")
    reply = answered(store, leased(store, "a"), b"a")
    assert store.unread(second) == []
    other = answered(store, leased(store, "b"), b"b")
    assert store.forget("a")
    assert store.unread(first) == []
    assert store.unread(second) == [other]
    assert reply.fence == other.fence
