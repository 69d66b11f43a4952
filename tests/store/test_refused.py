"""An engine may refuse a commit (40001): nothing of it has happened then, nor does it come to pass later."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from remint.errors import Conflict, StoreUnavailable, TransactionRefused
from remint.grant import Grant, Outcome, Policy, Revocation, revoke
from remint.store.groupcommit import GroupCommit
from remint.store.journal import Journal
from remint.store.protocols import Change
from tests.store.postgresstore import PostgresStore
from tests.store.stores import NOW, NOW_MS, Store, advanced, done, event, one, read
from tests.store.works import Shown, Watched

PAUSE_MS = 300

#: What the server does instead of a commit: refuse it in so many words, or go away with the answer.
REFUSE = "RAISE EXCEPTION 'restart transaction' USING ERRCODE = 'serialization_failure'"
GO_AWAY = "PERFORM pg_terminate_backend(pg_backend_pid())"


@contextlib.contextmanager
def at_commit(store: PostgresStore, action: str) -> Iterator[None]:
    """The server does ``action`` at the commit of whatever revokes."""
    execute = store.cluster.execute
    execute(
        store.name,
        "CREATE FUNCTION settime.at_commit() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {action}; RETURN NULL; END $$",
    )
    for table in ("grants", "apps", "workspaces", "subject_epochs"):
        execute(
            store.name,
            f"CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settime.at_commit()",
        )
    try:
        yield
    finally:
        execute(store.name, "DROP FUNCTION settime.at_commit CASCADE")


def theft(grant: Grant) -> Change:
    """What a replay comes to."""
    return Change(grant, revoke(grant, Revocation.REUSE, NOW_MS))


def journalled(store: Store) -> list[str]:
    """The grants that the journal would revoke, and what else it holds."""
    return [each.grant or each.what for each in store.journal.entries(NOW)]


def reconnected(store: Store, grant: Grant) -> Grant:
    """The grant, as a process finds it that has just connected, and so asserted the journal."""
    store.clock.step(PAUSE_MS)
    return one(store.backend(), grant)


def test_a_refused_revocation_is_none(pg):
    """It is judged anew; the grant lives on after a reconnect, and what was journalled before stays."""
    grant, stolen = pg.grant(1), pg.grant(2)
    backend = pg.backend()
    read(backend, grant, stolen)
    assert done(backend.exchange([theft(stolen)], [], []))
    with at_commit(pg, REFUSE):
        answer = backend.exchange([theft(grant)], [event("told", grant)], [grant.id])
    assert answer.conflict and answer.write_error is None
    assert journalled(pg) == [stolen.id.hex()]
    assert pg.trail.of_grant(grant.id) == []
    assert reconnected(pg, grant) == grant
    assert done(backend.exchange([advanced(grant)], [], []))
    assert reconnected(pg, stolen).revoked_at


def test_a_verdict_that_was_refused_is_given_anew(pg):
    """The one who was in the way has renewed meanwhile: it is no theft, and the grant lives on."""
    grant, other = pg.grant(), pg.backend()
    other.exchange([advanced(grant, 3, advanced_at_ms=NOW_MS - 90_000)], [], [])

    async def present() -> Shown:
        watched = Watched(pg.backend())
        commit = GroupCommit(watched)
        shown = Shown(grant, 1)
        shown.waits_since(NOW_MS - 1)
        with contextlib.ExitStack() as refusing:

            def before(changes: list[Change]) -> None:
                if any(each.after.revoked_at for each in changes):
                    refusing.enter_context(at_commit(pg, REFUSE))
                elif shown.judged == 1:
                    refusing.close()
                    held = one(other, grant)
                    other.exchange([advanced(held, advanced_at_ms=NOW_MS)], [], [])

            watched.before = before
            commit.submit(shown)
            await shown.settled
        await commit.close()
        return shown

    shown = asyncio.run(present())
    assert (shown.outcome, shown.error, shown.judged) == (Outcome.OVERTAKEN, None, 2)
    assert journalled(pg) == []
    held = reconnected(pg, grant)
    assert (held.generation, held.revoked_at) == (4, 0)


def test_a_revocation_of_unknown_outcome_stands(pg):
    """The connection ended in mid-commit: the next one makes it hold, whatever the server did."""
    grant = pg.grant()
    backend = pg.backend()
    one(backend, grant)
    with at_commit(pg, GO_AWAY):
        answer = backend.exchange([theft(grant)], [], [grant.id])
    assert answer.write_error is not None and not answer.conflict
    assert journalled(pg) == [grant.id.hex()]
    assert pg.cluster.execute(pg.name, "SELECT revoked_at FROM grants") == [(0,)]
    assert reconnected(pg, grant).revoked_at
    assert one(backend, grant).revoked_at


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("call", ["append", "take_back"])
def test_a_process_that_is_killed_in_between(pg, monkeypatch, call):
    """Nobody knows what became of it then: it stands."""
    grant = pg.grant()
    backend = pg.backend()
    one(backend, grant)
    real = getattr(Journal, call)

    def killed(journal: Journal, *args: Any) -> None:
        if call == "append":
            real(journal, *args)
        raise Killed

    with monkeypatch.context() as patch, at_commit(pg, REFUSE):
        patch.setattr(Journal, call, killed)
        with pytest.raises(Killed):
            backend.exchange([theft(grant)], [], [])
    assert reconnected(pg, grant).revoked_at


def test_what_cannot_be_taken_back_stands(pg, monkeypatch):
    """The disk fails just then: nobody is told that it was judged anew, and it holds after a reconnect."""
    grant = pg.grant()
    backend = pg.backend()
    one(backend, grant)

    def fail(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch, at_commit(pg, REFUSE):
        patch.setattr(Journal, "take_back", fail)
        answer = backend.exchange([theft(grant)], [], [])
        assert answer.write_error is not None and not answer.conflict
        with pytest.raises(StoreUnavailable):
            pg.ledger.revoke(grant.id, Revocation.ASKED, event("asked", grant))
    assert reconnected(pg, grant).revoked_at


def test_one_asserted_while_others_were_refused(pg):
    """The database remembers how far it was asserted, and what was taken back is no part of that."""
    grants = [pg.grant(number) for number in (1, 2, 3)]
    backend = pg.backend()
    read(backend, *grants)
    for number, grant in enumerate(grants):
        if number == 1:
            with at_commit(pg, REFUSE):
                assert backend.exchange([theft(grant)], [], []).conflict
        else:
            assert done(backend.exchange([theft(grant)], [], []))
        assert reconnected(pg, grants[0]).revoked_at
    pg.cluster.execute(pg.name, "UPDATE grants SET revoked_at = 0")
    pg.cluster.execute(pg.name, "DELETE FROM meta WHERE key LIKE 'journal:%'")
    held = [reconnected(pg, grant).revoked_at for grant in grants]
    assert [bool(each) for each in held] == [True, False, True]


def issue(store: Store, number: int) -> Grant:
    """A grant of a user who may have one: the one before is revoked."""
    return store.grant(number, policy=Policy(grants_per_subject=1))


WRITES = {
    "a grant": lambda store, grant: store.ledger.revoke(
        grant.id, Revocation.ASKED, event("asked", grant)
    ),
    "a subject": lambda store, _: store.ledger.revoke_subject(
        store.app().workspace_id, "ada", event("asked")
    ),
    "an app": lambda store, _: store.catalogue.revoke_app(store.app()),
    "a workspace": lambda store, _: store.workspaces.revoke(
        store.workspaces.numbered(store.app().workspace_id)
    ),
    "the oldest": lambda store, _: issue(store, 2),
}


def is_live(store: Store, grant: Grant) -> bool:
    """Whether a process that has just connected finds it so."""
    held = reconnected(store, grant)
    return not held.revoked_at and held.epoch == held.current_epoch


@pytest.mark.parametrize("what", WRITES)
def test_what_people_revoke_is_told_as_not_done(pg, what):
    """Refused, it has not happened and does not happen later; asked for again, it has."""
    grant = issue(pg, 1)
    with at_commit(pg, REFUSE), pytest.raises(TransactionRefused, match="try again"):
        WRITES[what](pg, grant)
    assert journalled(pg) == []
    assert is_live(pg, grant)
    WRITES[what](pg, grant)
    assert not is_live(pg, grant)


@pytest.mark.parametrize("what", WRITES)
def test_what_is_rolled_back_was_never_revoked(store, what):
    """A use case that fails after it revoked something leaves nothing of that, on either engine."""
    grant = issue(store, 1)

    def fail() -> None:
        with store.database.write():
            WRITES[what](store, grant)
            raise Conflict("no")

    with pytest.raises(Conflict):
        fail()
    assert journalled(store) == []
    assert is_live(store, grant)
    WRITES[what](store, grant)
    assert not is_live(store, grant)


@pytest.mark.parametrize("what", ["a grant", "a subject", "the oldest"])
def test_what_is_about_busy_grants_is_tried_again(pg, what):
    """Whoever renews them all the time does not keep people from revoking them."""
    grant = issue(pg, 1)
    pg.cluster.execute(pg.name, "CREATE SEQUENCE settime.refused")
    few = "IF nextval('settime.refused') < 6 THEN " + REFUSE + "; END IF"
    try:
        with at_commit(pg, few):
            WRITES[what](pg, grant)
    finally:
        pg.cluster.execute(pg.name, "DROP SEQUENCE settime.refused")
    assert not is_live(pg, grant)
    assert len(journalled(pg)) == 1


def test_a_part_of_a_transaction_is_not_tried_by_itself(pg):
    """What came before it would be missing: all of it is refused."""
    grant = issue(pg, 1)
    tries = 0

    def work() -> None:
        nonlocal tries
        tries += 1
        pg.ledger.revoke(grant.id, Revocation.ASKED, event("asked", grant))

    def in_one() -> None:
        with pg.database.write():
            pg.database.tried(work)

    with at_commit(pg, REFUSE), pytest.raises(TransactionRefused):
        in_one()
    assert tries == 1
    assert is_live(pg, grant)
