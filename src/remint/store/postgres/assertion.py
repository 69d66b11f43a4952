"""Asserts the revocation journal against a PostgreSQL database that may have gone back in time."""

from __future__ import annotations

from typing import Final

from remint.store.journal import Entry, Journal
from remint.store.postgres.connection import Connection
from remint.store.postgres.safety import wait_for_standby
from remint.store.sqlite.statements import grant_key

_GRANT: Final = (
    "UPDATE grants SET revoked_at = %s, revoked_why = %s"
    " WHERE key = %s AND id = %s AND revoked_at = 0"
)
_EPOCH: Final = {
    "app": "UPDATE apps SET epoch = %s WHERE id = %s AND epoch < %s",
    "workspace": "UPDATE workspaces SET epoch = %s WHERE id = %s AND epoch < %s",
}
_SUBJECT: Final = (
    "INSERT INTO subject_epochs AS s (epoch, workspace_id, subject) VALUES (%s, %s, %s)"
    " ON CONFLICT (workspace_id, subject) DO UPDATE SET epoch = greatest(s.epoch, excluded.epoch)"
)


def assert_journal(connection: Connection, journal: Journal, now_s: int) -> None:
    """Makes every revocation of the journal hold in this database. The caller holds the write lock."""
    entries = list(journal.entries(now_s))
    if not entries:
        return
    with connection.transaction():
        wait_for_standby(connection)
        with connection.pipeline():
            for entry in entries:
                _assert(connection, entry)


def _assert(connection: Connection, entry: Entry) -> None:
    if entry.what == "grant":
        id_ = bytes.fromhex(entry.grant)
        connection.execute(_GRANT, (entry.at, entry.why, grant_key(id_), id_))
    elif entry.what == "subject":
        connection.execute(_SUBJECT, (entry.epoch, entry.id, entry.subject))
    else:
        values = (entry.epoch, entry.id, entry.epoch)
        connection.execute(_EPOCH[entry.what], values)
