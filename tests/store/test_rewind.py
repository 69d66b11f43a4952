"""A revocation outlives its database: the journal, torn lines, old lines, and copies that are put back."""

from __future__ import annotations

import pytest

from remint.grant import Revocation, revoke
from remint.store.journal import DAYS, Entry
from remint.store.protocols import Change
from tests.store.stores import NOW, NOW_MS, advanced, done, event, one, read

LINE = Entry(at=NOW, what="grant", why=1, grant="00" * 16)


def test_a_revocation_survives_an_older_copy(store, tmp_path):
    """Under a server that has the file open, and in one that starts later."""
    grant, other = store.grant(1), store.grant(2)
    store.copy(tmp_path / "old.db")
    backend = store.backend()
    gone = revoke(grant, Revocation.REUSE, NOW_MS)
    assert done(backend.exchange([Change(grant, gone), advanced(other)], [], []))
    store.put_back(tmp_path / "old.db")
    for reader in (backend, store.backend()):
        assert one(reader, grant) == gone
        assert one(reader, other) == other


@pytest.mark.parametrize("what", ["grant", "app", "subject", "workspace"])
def test_every_kind_of_revocation_survives_an_older_copy(store, tmp_path, what):
    """Those by epoch too; asserting twice changes nothing, and a new grant lives."""
    app, grant = store.app(), store.grant(1)
    store.copy(tmp_path / "old.db")
    if what == "grant":
        assert store.ledger.revoke(grant.id, Revocation.ASKED, event("revoked"))
        assert not store.ledger.revoke(grant.id, Revocation.ASKED, event("revoked"))
    elif what == "app":
        store.catalogue.revoke_app(app)
    elif what == "subject":
        store.ledger.revoke_subject(app.workspace_id, "ada", event("revoked"))
        store.ledger.revoke_subject(app.workspace_id, "ada", event("revoked"))
    else:
        store.workspaces.revoke(store.workspaces.named("main"))
    store.put_back(tmp_path / "old.db")
    held = one(store.backend(), grant)
    assert held.revoked_at or held.current_epoch > held.epoch
    later = store.grant(2)
    assert one(store.backend(), later).current_epoch == later.epoch


def test_a_grant_made_right_after_a_restore_lives(store, tmp_path):
    """The cold half notices the copy and asserts the journal before it writes."""
    store.grant(1)
    store.copy(tmp_path / "old.db")
    store.catalogue.revoke_app(store.app())
    store.put_back(tmp_path / "old.db")
    made = store.grant(2)
    held = one(store.backend(), made)
    assert held.epoch == held.current_epoch == 1


def test_a_command_after_a_restore_asserts_the_journal(store, tmp_path):
    """A process that starts on the copy does it when told to."""
    store.grant(1)
    store.copy(tmp_path / "old.db")
    store.catalogue.revoke_app(store.app())
    store.put_back(tmp_path / "old.db")
    fresh = store.place.database(store.clock)
    fresh.assert_revocations()
    fresh.close()
    made = store.grant(2)
    assert made.epoch == 1


def test_the_journal_is_written_before_the_commit(store):
    """A journal that cannot be written stops the revocation; the others of the batch are told."""
    grant = store.grant(1)
    backend = store.backend()
    one(backend, grant)
    store.files.journal.mkdir()
    answer = backend.exchange([Change(grant, revoke(grant, Revocation.REUSE, NOW_MS))], [], [])
    assert answer.write_error is not None
    store.files.journal.rmdir()
    store.clock.step(300)
    assert not one(backend, grant).revoked_at


@pytest.mark.parametrize("torn", [b'{"at":17', b"\x00\x00\x00", b'{"at":"x"}', b"\xff\xfe", b"[]"])
@pytest.mark.parametrize("ended", [b"", b"\n"])
def test_a_torn_line_swallows_nothing(store, torn, ended):
    """Neither the line before nor the line after."""
    store.journal.append([LINE])
    with store.files.journal.open("ab") as file:
        file.write(torn + ended)
    store.journal.append([Entry(at=NOW + 1, what="app", id=3, epoch=4)])
    assert [entry.at for entry in store.journal.entries(NOW)] == [NOW, NOW + 1]
    read(store.backend())


@pytest.mark.parametrize("bad", ["zz", "0", "00" * 3])
def test_a_line_that_names_no_grant_stops_nobody(store, bad):
    """A journal that was damaged in a way that still parses must not keep the service down."""
    store.journal.append([Entry(at=NOW, what="grant", grant=bad), LINE])
    grant = store.grant(1)
    assert one(store.backend(), grant) == grant


def test_lines_are_kept_for_four_hundred_days(store):
    """Older ones are not asserted; trimming drops them once they are most of a large file."""
    old = [Entry(at=NOW - DAYS * 86_400 - 1, what="app", id=n, epoch=1) for n in range(900)]
    kept = [Entry(at=NOW - DAYS * 86_400, what="app", id=n, epoch=1) for n in range(101)]
    store.journal.append(old)
    store.journal.append(kept[:-1])
    assert list(store.journal.entries(NOW)) == kept[:-1]
    store.journal.append(kept[-1:])
    store.journal.trim(NOW)
    assert store.files.journal.read_bytes().count(b"\n") == 101
    assert list(store.journal.entries(NOW)) == kept
    store.journal.trim(NOW)
    assert list(store.journal.entries(NOW)) == kept


def test_no_journal_is_an_empty_one(store):
    """Before the first revocation there is no file."""
    assert list(store.journal.entries(NOW)) == []
    store.journal.trim(NOW)
    assert not store.files.journal.exists()
