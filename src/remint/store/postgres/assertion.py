"""Asserts the revocation journal against a PostgreSQL database that may have gone back in time."""

from __future__ import annotations

import hashlib
from typing import Final

from remint.store.grantkey import grant_key
from remint.store.journal import Entry, Journal
from remint.store.postgres.connection import Connection
from remint.store.postgres.safety import wait_for_standby

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


_MARK: Final = "SELECT value FROM meta WHERE key = %s"
_SET_MARK: Final = (
    "INSERT INTO meta (key, value) VALUES (%s, %s)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


def assert_journal(connection: Connection, journal: Journal, now_s: int) -> None:
    """Makes every revocation of the journal hold in this database. The caller holds the write lock.

    The database remembers how far it was asserted, so that a new connection costs one look. One that went
    back in time remembers less, and is told the rest. The digest is of all that was asserted: a journal that
    was trimmed, or is not this one, is asserted whole.
    """
    content = journal.content()
    if not content:
        return
    first = content.partition(b"\n")[0]
    key = f"journal:{hashlib.sha256(first).hexdigest()[:32]}"
    begin = _asserted(connection, key, content)
    if begin == len(content):
        return
    # A line that is being written has no end yet: it is asserted, and again the next time.
    ended = content[: content.rfind(b"\n") + 1]
    with connection.transaction():
        wait_for_standby(connection)
        with connection.pipeline():
            for entry in journal.entries_of(content[begin:], now_s):
                _assert(connection, entry)
            connection.execute(_SET_MARK, (key, _mark(ended)))


def _asserted(connection: Connection, key: str, content: bytes) -> int:
    row = connection.execute(_MARK, (key,)).fetchone()
    told = "" if row is None else str(row[0])
    end = int(told.partition(":")[0] or 0)
    return end if told == _mark(content[:end]) else 0


def _mark(asserted: bytes) -> str:
    return f"{len(asserted)}:{hashlib.sha256(asserted).hexdigest()}"


def _assert(connection: Connection, entry: Entry) -> None:
    if entry.what == "grant":
        id_ = bytes.fromhex(entry.grant)
        connection.execute(_GRANT, (entry.at, entry.why, grant_key(id_), id_))
    elif entry.what == "subject":
        connection.execute(_SUBJECT, (entry.epoch, entry.id, entry.subject))
    else:
        values = (entry.epoch, entry.id, entry.epoch)
        connection.execute(_EPOCH[entry.what], values)
