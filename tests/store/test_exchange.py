"""The hot half of a store: one call that writes a batch, all or nothing, and reads the next."""

from __future__ import annotations

import msgspec
import pytest

from remint.grant import Policy, Revocation, Terms, revoke
from remint.store.protocols import AuditEvent, Change
from tests.store.stores import NOW, NOW_MS, advanced, done, event, grant_id, one, read

MANY = Terms(Policy(), "many")


def test_a_grant_comes_back_as_it_was_issued(store):
    """Every field, the epochs and the terms."""
    policy = Policy(retry_window_seconds=7, absolute_lifetime_seconds=99)
    grant = store.grant(policy=policy, subject='Ada "Λ" \\ \n\x01 𝄞', expires_at=NOW + 99)
    (held,) = read(store.backend(), grant)
    assert held is not None and held.grant == grant
    assert held.terms.policy == policy and held.terms.scope == "read write"


def test_an_unknown_id_is_not_there(store):
    """Nor one that only begins like a known one."""
    grant = store.grant()
    near = grant.id[:8] + bytes(8)
    answer = store.backend().exchange([], [], [grant_id(9), near, grant.id, grant.id])
    assert set(answer.held) == {grant.id}


@pytest.mark.parametrize("size", [1, 2, 4, 5, 16, 17, 33, 64, 65, 128, 129, 255, 256])
def test_batches_of_every_size(store, size):
    """Whatever size a statement is padded to: each row is written and read."""
    terms = store.ledger.issue(store.unsaved(0), MANY, event("x")).terms_id
    grants = store.many(size)
    backend = store.backend()
    held = [each.grant for each in read(backend, *grants) if each]
    assert len(held) == size and {grant.terms_id for grant in held} == {terms}
    answer = backend.exchange([advanced(grant) for grant in held], [], [g.id for g in grants])
    assert done(answer)
    assert {each.grant.generation for each in answer.held.values()} == {1}
    assert one(backend, store.unsaved(0)).generation == 0


def test_what_was_written_is_there_after_a_reopen(store):
    """Row and event, in another process's eyes too."""
    grant = store.grant()
    after = msgspec.structs.replace(
        grant,
        generation=3,
        key_id=4,
        advanced_at_ms=NOW_MS + 1,
        budget_at_ms=NOW_MS + 2,
        retries=5,
    )
    told = AuditEvent(NOW_MS, "rewound", grant.app_id, grant.id, "somebody", {"newest": 3})
    backend = store.backend()
    assert done(backend.exchange([Change(grant, after)], [told], []))
    backend.close()
    assert one(store.backend(), grant) == after
    assert store.trail.of_grant(grant.id) == [told]


@pytest.mark.parametrize(
    "other", ["generation", "budget_at_ms", "retries", "revoked_at"], ids=lambda name: name
)
def test_a_row_that_another_changed_first_is_not_written(store, other):
    """Nor what is told of it. The rest of the batch goes back too, or is written as a whole."""
    first, second = store.grant(1), store.grant(2)
    mine, theirs = store.backend(), store.backend()
    changed = msgspec.structs.replace(first, **{other: 77})
    assert done(theirs.exchange([Change(first, changed)], [], []))
    batch = [advanced(second), advanced(first)]
    told = [event("never", first), event("perhaps", second)]
    answer = mine.exchange(batch, told, [first.id, second.id])
    assert not done(answer) and answer.write_error is None
    assert answer.held[first.id].grant == changed
    assert store.trail.of_grant(first.id) == []
    is_written = answer.lost == {first.id}
    assert is_written or answer.conflict
    assert answer.held[second.id].grant == (batch[0].after if is_written else second)
    assert len(store.trail.of_grant(second.id)) == is_written


def test_a_conflict_journals_no_revocation(store):
    """A verdict that did not hold must not come true at the next start."""
    first, second = store.grant(1), store.grant(2)
    mine, theirs = store.backend(), store.backend()
    assert done(theirs.exchange([advanced(first)], [], []))
    gone = Change(first, revoke(first, Revocation.REUSE, NOW_MS))
    assert not done(mine.exchange([advanced(second), gone], [], []))
    assert list(store.journal.entries(NOW)) == []
    assert not one(store.backend(), first).revoked_at


def test_an_event_alone_is_written(store):
    """An orphan changes no row but is worth telling."""
    assert done(store.backend().exchange([], [event("orphaned")], []))
    assert store.trail.latest()[0].event == "orphaned"


def test_nothing_to_do_is_no_fault(store):
    """The answer still tells the time."""
    answer = store.backend().exchange([], [], [])
    assert done(answer) and answer.now_ms == NOW_MS


def test_terms_are_learnt_once_and_again_after_a_restore(store, tmp_path):
    """A number may stand for other terms in an older copy."""
    store.app()
    store.copy(tmp_path / "old.db")
    before = store.grant(1, policy=Policy(retry_window_seconds=11))
    backend = store.backend()
    (held,) = read(backend, before)
    assert held is not None and held.terms.policy.retry_window_seconds == 11
    store.put_back(tmp_path / "old.db")
    after = store.grant(1, policy=Policy(retry_window_seconds=22))
    assert after.terms_id == before.terms_id
    (held,) = read(backend, after)
    assert held is not None and held.terms.policy.retry_window_seconds == 22


@pytest.mark.parametrize("what", ["app", "subject", "workspace"])
def test_an_epoch_revokes_all_that_it_covers(store, what):
    """In O(1), at once, and not what is made afterwards or belongs to others."""
    app = store.app()
    mine, other = store.grant(1), store.grant(2, app_id=store.app("else", "away").id, subject="bob")
    backend = store.backend()
    one(backend, mine)
    if what == "app":
        store.catalogue.revoke_app(app)
    elif what == "subject":
        store.ledger.revoke_subject(app.workspace_id, "ada", event("revoked"))
    else:
        store.workspaces.revoke(store.workspaces.named("main"))
    later = store.grant(3)
    held = [each.grant for each in read(backend, mine, other, later) if each]
    assert [grant.epoch == grant.current_epoch for grant in held] == [False, True, True]
    assert store.ledger.find(mine.id).grant == held[0]
