"""Asserts the revocation journal against a database that may have gone back in time."""

from __future__ import annotations

import sqlite3
from typing import Final

from remint.store.grantkey import grant_key
from remint.store.journal import Entry, Journal

_GRANT: Final = (
    "UPDATE grants SET revoked_at = ?, revoked_why = ? WHERE key = ? AND id = ? AND revoked_at = 0"
)
_EPOCH: Final = {
    "app": "UPDATE apps SET epoch = max(epoch, ?) WHERE id = ?",
    "workspace": "UPDATE workspaces SET epoch = max(epoch, ?) WHERE id = ?",
}
_SUBJECT: Final = (
    "INSERT INTO subject_epochs (epoch, workspace_id, subject) VALUES (?,?,?)"
    " ON CONFLICT DO UPDATE SET epoch = max(epoch, excluded.epoch)"
)


def assert_journal(connection: sqlite3.Connection, journal: Journal, now_s: int) -> None:
    """Makes every revocation of the journal hold in this database. The caller holds the write lock."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for entry in journal.entries(now_s):
            _assert(connection, entry)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _assert(connection: sqlite3.Connection, entry: Entry) -> None:
    if entry.what == "grant":
        id_ = bytes.fromhex(entry.grant)
        connection.execute(_GRANT, (entry.at, entry.why, grant_key(id_), id_))
    elif entry.what == "subject":
        connection.execute(_SUBJECT, (entry.epoch, entry.id, entry.subject))
    else:
        connection.execute(_EPOCH[entry.what], (entry.epoch, entry.id))
