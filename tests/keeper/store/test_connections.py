"""Connections come, are found, fall due and go; the same over every store."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from remint.keeper.connection import Intent, Setup, Tokens, Trouble
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
)
from tests.keeper.store.places import NOW_MS


def test_what_is_created_is_loaded(store, another):
    """Every field comes back as it went in, in every process."""
    made = held(
        setup=Setup(
            "oauth2",
            "https://provider.example",
            "https://provider.example/token",
            "client_credentials",
            {"client_id": "ünï", "extras.numbers": [1, 2.5, None, True, {"a": "b"}]},
            "grace",
            30,
        ),
        tokens=Tokens("a" * 5000, "MAC", 1, 2, "r", 3, 4, "read write", "id", {"x": [1]}),
        version=7,
        renewed_at_ms=NOW_MS + 1,
        renewals=9,
        not_before_ms=NOW_MS + 2,
        failures=3,
        trouble=Trouble("slow_down", "No, and ünï.", "later", NOW_MS),
        swapped_fence=5,
    )
    assert store.create(made)
    assert store.load("acme") == made
    assert another.load("acme") == made


def test_what_is_not_there_is_not_found(store):
    """Nothing is made up for a name that nobody connected."""
    kept(store)
    assert store.load("other") is None
    assert store.acquire("other", "me", LEASE_MS) is None
    assert not store.forget("other")
    store.postpone("other", 5)
    assert store.load("other") is None


def test_a_name_is_taken_once(store, another):
    """A second connection of one name is refused, and the first stays as it is."""
    first = kept(store)
    assert not another.create(held(id="second"))
    assert store.load("acme") == first


@pytest.mark.parametrize(
    "name", ["a", "ünï/ko dé", "x" * 300, "..", "ada@example.com", "'; --", "\x00"]
)
def test_a_name_may_be_anything(store, name):
    """No character of a name means anything to a store."""
    made = held(name, id="an-id")
    assert store.create(made)
    lease = leased(store, name)
    reply = answered(store, lease)
    assert store.unread(made) == [reply]
    assert store.swap(made, reply, renewed(1)) is not None
    assert [each.name for each in store.listing("", 9)] == [name]
    assert store.forget(name)


def test_a_replaced_connection_takes_everything_along(store, another):
    """Lease, intent and answers of the old one are gone; its holder can do nothing to the new one."""
    old = kept(store)
    lease = leased(store)
    reply = answered(store, lease)
    new = held(id="new", generation=5)
    assert another.create(new, replace=True)
    assert store.load("acme") == new
    assert store.unread(new) == []
    assert store.unread(old) == []
    assert not store.intend(lease, NOW_MS)
    assert store.extend([lease], LEASE_MS) == []
    assert store.swap(old, reply, renewed(1)) is None
    assert not store.settle(old, setback(), lease.fence)
    store.append(lease, reply)
    store.release(lease)
    assert store.load("acme") == new
    assert leased(store).fence > lease.fence


def test_a_replaced_connection_of_the_same_id_goes_on_with_its_fences(store):
    """What still comes under an old fence is never taken for something newer."""
    kept(store)
    late = leased(store)
    store.release(late)
    assert store.create(held(), replace=True)
    assert leased(store).fence == late.fence + 1


def test_replacing_nothing_creates(store):
    """``replace`` does not ask for something to be there."""
    assert store.create(held(), replace=True)
    assert now(store) == held()


def test_a_connection_that_was_swapped_elsewhere_can_be_swapped_here(store):
    """One that was exported and comes in again has seen fences; those of its leases lie behind them."""
    kept(store, swapped_fence=41, version=7)
    lease = leased(store)
    assert lease.fence > 41
    assert store.swap(lease.held, answered(store, lease), renewed(1)) is not None


def test_an_intent_that_comes_along_is_kept(store):
    """It is of a token that nobody knows any more, and outlived its lease."""
    kept(store, state="renewing", intent=Intent(3, NOW_MS, 2))
    assert now(store).state == "in_doubt"
    assert now(store).intent == Intent(3, NOW_MS, 2, is_current=False)


def test_what_is_forgotten_is_gone(store, another):
    """The row, the lease and the answers; and the name is free."""
    old = kept(store)
    lease = leased(store)
    reply = answered(store, lease)
    assert another.forget("acme")
    assert not another.forget("acme")
    assert store.load("acme") is None
    assert store.unread(old) == []
    assert store.extend([lease], LEASE_MS) == []
    assert not store.intend(lease, NOW_MS)
    assert store.swap(old, reply, renewed(1)) is None
    assert not store.settle(old, setback("dead"), lease.fence)
    assert store.due(NOW_MS * 2, 9) == []
    assert store.count() == {"fresh": 0, "renewing": 0, "in_doubt": 0, "dead": 0}
    store.append(lease, reply)
    assert store.create(held())
    assert store.unread(held()) == []


def test_an_answer_to_a_forgotten_connection_is_dropped(store):
    """There is nothing that it could belong to, and no error in that."""
    old = kept(store)
    lease = leased(store)
    store.forget("acme")
    store.append(lease, answer(lease.fence, old.sent))
    assert store.unread(old) == []


def test_a_listing_goes_by_name_in_pages(store):
    """From the first behind ``after``, in the order of the letters' numbers."""
    names = ["Z", "a", "aa", "b", "ä", "é", "𝒶"]
    for name in reversed(names):
        kept(store, name)
    assert [each.name for each in store.listing("", 99)] == names
    assert [each.name for each in store.listing("", 3)] == names[:3]
    assert [each.name for each in store.listing("aa", 2)] == ["b", "ä"]
    assert [each.name for each in store.listing("ab", 1)] == ["b"]
    assert store.listing("𝒶", 9) == []
    assert store.listing("a", 9)[0] == held("aa")


def test_what_is_due_comes_longest_due_first(store, another):
    """Only what has a time that has come; as many as are asked for."""
    for name, at in (("late", 30), ("never", None), ("soon", 90), ("latest", 10), ("now", 50)):
        kept(store, name, renew_at_ms=at)
    assert another.due(50, 99) == ["latest", "late", "now"]
    assert store.due(49, 99) == ["latest", "late"]
    assert store.due(50, 2) == ["latest", "late"]
    assert store.due(9, 99) == []
    assert store.next_due_ms() == 10


def test_the_leased_are_not_due(store, another, place):
    """Somebody sees to them; until they no longer do."""
    kept(store, "a", renew_at_ms=10)
    kept(store, "b", renew_at_ms=20)
    lease = leased(store, "a")
    assert another.due(50, 9) == ["b"]
    assert another.due(50, 1) == ["b"]
    assert store.due(50, 9) == ["b"]
    place.clock.step(LEASE_MS)
    assert another.due(50, 9) == ["a", "b"]
    store.release(lease)
    lease = leased(store, "a")
    store.release(lease)
    assert another.due(50, 9) == ["a", "b"]


def test_the_dead_are_never_due(store):
    """Whatever time they have."""
    made = kept(store, renew_at_ms=10)
    lease = leased(store)
    assert store.settle(made, setback("dead", renew_at_ms=10), lease.fence)
    store.release(lease)
    assert store.due(NOW_MS, 9) == []
    assert store.next_due_ms() is None
    store.postpone("acme", 5)
    assert store.due(NOW_MS, 9) == []


def test_nothing_is_due_in_an_empty_store(store):
    """Nor will be."""
    assert store.due(NOW_MS, 9) == []
    assert store.next_due_ms() is None
    assert store.listing("", 9) == []


def test_a_postponed_connection_falls_due_then(store, another):
    """Earlier, later, or never; nothing else of it changes."""
    made = kept(store, renew_at_ms=10)
    another.postpone("acme", 77)
    assert store.next_due_ms() == 77
    assert store.due(76, 9) == []
    assert store.due(77, 9) == ["acme"]
    assert now(store) == replace(made, renew_at_ms=77)
    another.postpone("acme", None)
    assert store.next_due_ms() is None


def test_each_state_is_counted(store, place):
    """As ``load`` shows it: an intent without its lease is in doubt."""
    for name in ("fresh", "leased", "sent", "lost", "settled", "dead"):
        kept(store, name)
    assert store.count() == {"fresh": 6, "renewing": 0, "in_doubt": 0, "dead": 0}
    for name, state in (("settled", "in_doubt"), ("dead", "dead")):
        lease = leased(store, name)
        assert store.settle(lease.held, setback(state), lease.fence)
    assert store.intend(leased(store, "lost"), NOW_MS)
    place.clock.step(LEASE_MS)
    assert store.intend(leased(store, "sent"), NOW_MS)
    leased(store, "leased")
    assert store.count() == {"fresh": 2, "renewing": 1, "in_doubt": 2, "dead": 1}
    states = {each.name: each.state for each in store.listing("", 9)}
    assert states["lost"] == "in_doubt"
    assert states["sent"] == "renewing"
