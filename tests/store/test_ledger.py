"""Grants away from the hot path: issued, listed, revoked, imported, purged."""

from __future__ import annotations

import msgspec
import pytest

from remint.errors import Conflict
from remint.grant import Policy, Revocation, Terms
from remint.store.ledger import insert_unless_taken
from tests.store.stores import NOW, advanced, done, event, grant_id, one, read

DAY_MS = 86_400_000
SHORT = Policy(idle_lifetime_seconds=60)


def test_an_issued_grant_is_found(store):
    """With its terms, and its event on the trail."""
    agreed = Terms(Policy(rotation="keep"), "a b", {"x": [1, None, "é"]})
    made = store.ledger.issue(
        store.unsaved(1), agreed, msgspec.structs.replace(event("issued"), grant_id=grant_id(1))
    )
    held = store.ledger.find(made.id)
    assert held is not None and (held.grant, held.terms) == (made, agreed)
    assert [each.event for each in store.trail.of_grant(made.id)] == ["issued"]
    assert store.ledger.find(made.id[:8] + bytes(8)) is None
    assert store.ledger.count() == 1


def test_grants_made_alike_share_their_terms(store):
    """However the claims are ordered."""
    one_way = store.ledger.issue(
        store.unsaved(1), Terms(Policy(), "", {"a": 1, "b": 2}), event("x")
    )
    other = store.ledger.issue(store.unsaved(2), Terms(Policy(), "", {"b": 2, "a": 1}), event("x"))
    third = store.ledger.issue(store.unsaved(3), Terms(Policy(), "", {"a": 1}), event("x"))
    assert one_way.terms_id == other.terms_id != third.terms_id


def test_the_oldest_grants_beyond_the_limit_go(store):
    """Of the same subject and app alone; each is revoked for good, and says why."""
    policy = Policy(grants_per_subject=2)
    bob = store.grant(9, subject="bob")
    made = []
    for number in range(1, 6):
        store.clock.step(1_000)
        made.append(store.grant(number, policy=policy))
    held = [each.grant for each in read(store.backend(), *made, bob) if each]
    assert [grant.revoked_why for grant in held] == [Revocation.SUPERSEDED] * 3 + [0, 0, 0]
    journalled = {entry.grant for entry in store.journal.entries(store.clock.now_ms() // 1000)}
    assert journalled == {grant.id.hex() for grant in made[:3]}


def test_a_taken_id_is_drawn_again(store):
    """Once in an age; and after three times it is given up."""
    store.grant(1)
    numbers = iter([1, 1, 2])
    assert insert_unless_taken(lambda: store.grant(next(numbers))).id == grant_id(2)
    with pytest.raises(Conflict, match="no free grant id"):
        insert_unless_taken(lambda: store.grant(1))


def test_importing_twice_is_harmless(store):
    """What is there stays as it is, renewals since included."""
    batch = [store.unsaved(number, imported=1) for number in (1, 2)]
    agreed = [Terms(SHORT), Terms(SHORT)]
    assert store.ledger.bring_in(batch, agreed) == 2
    backend = store.backend()
    assert done(backend.exchange([advanced(one(backend, batch[0]))], [], []))
    more = [*batch, store.unsaved(3, imported=1)]
    assert store.ledger.bring_in(more, [*agreed, Terms(SHORT)]) == 1
    assert store.ledger.bring_in(more, [*agreed, Terms(SHORT)]) == 0
    assert store.ledger.bring_in([], []) == 0
    assert one(backend, batch[0]).generation == 1
    assert len(store.ledger.imported()) == store.ledger.count() == 3


def test_a_grant_twice_in_one_import_is_one(store):
    """A list may well name a token twice."""
    batch = [store.unsaved(1, imported=1)] * 2
    assert store.ledger.bring_in(batch, [Terms(SHORT)] * 2) == 1


def test_the_purge_takes_what_has_ended_in_small_steps(store):
    """Only that, only after the grace, wherever it lies; the last step begins anew."""
    ended = [store.grant(number, policy=SHORT) for number in range(1, 8)]
    kept = [store.grant(number) for number in range(8, 11)]
    store.clock.step(DAY_MS + 60_000 - 1)
    place, removed = store.ledger.purge(0, limit=100, grace_seconds=86_400)
    assert (place, removed) == (0, 0)
    store.clock.step(1)
    place, total, steps = 0, 0, 0
    while steps == 0 or place:
        place, removed = store.ledger.purge(place, limit=3, grace_seconds=86_400)
        total, steps = total + removed, steps + 1
        assert removed <= 3
    assert total == len(ended) and steps == 4
    assert store.ledger.count() == len(kept)


def test_the_purge_spares_a_grant_that_was_used_meanwhile(store, monkeypatch):
    """Between its look and its stroke."""
    grant = store.grant(policy=SHORT)
    backend = store.backend()
    store.clock.step(61_000)
    write = store.database.write

    def renewed_first():
        change = advanced(one(backend, grant), advanced_at_ms=store.clock.now_ms())
        assert done(backend.exchange([change], [], []))
        return write()

    monkeypatch.setattr(store.database, "write", renewed_first)
    assert store.ledger.purge(0, limit=10, grace_seconds=0) == (0, 0)
    assert one(backend, grant).generation == 1


def test_a_revocation_is_told_once(store):
    """The second finds nothing to do; an unknown grant neither."""
    grant = store.grant()
    told = msgspec.structs.replace(event("revoked"), grant_id=grant.id)
    assert store.ledger.revoke(grant.id, Revocation.ASKED, told)
    assert not store.ledger.revoke(grant.id, Revocation.REUSE, told)
    assert not store.ledger.revoke(grant_id(5), Revocation.ASKED, told)
    held = store.ledger.find(grant.id)
    assert held is not None
    assert (held.grant.revoked_at, held.grant.revoked_why) == (NOW, Revocation.ASKED)
    assert [each.event for each in store.trail.of_grant(grant.id)] == ["revoked"]
