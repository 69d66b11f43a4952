"""The hot half of the SQLite store."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from remint.clock import Clock
from remint.errors import StoreUnavailable
from remint.grant import Revocation, Terms
from remint.store.files import StoreFiles
from remint.store.journal import Entry, Journal
from remint.store.lock import WriteLock
from remint.store.protocols import AuditEvent, Change, Exchange, Held
from remint.store.sqlite import statements
from remint.store.sqlite.assertion import assert_journal
from remint.store.sqlite.checkpoint import Checkpointer
from remint.store.sqlite.connection import prepare
from remint.store.steadiness import Steadiness

_TERMS_KEPT: Final = 65_536
_CACHE_KIB: Final = 16_000
_INSERT_AUDIT: Final = (
    "INSERT INTO audit (at_ms, event, app_id, grant_id, actor, detail, workspace_id, origin)"
    " VALUES (?,?,?,?,?,?,?,?)"
)


class SQLiteBackend:
    """One connection, used by one thread. Opens itself again after a fault, and asserts the journal then."""

    def __init__(self, files: StoreFiles, clock: Clock) -> None:
        self.steadiness = Steadiness(clock)
        self._files = files
        self._clock = clock
        self._journal = Journal(files.journal)
        self._lock = WriteLock(files.lock)
        self._decode_terms = msgspec.json.Decoder(Terms).decode
        self._terms: dict[int, Terms] = {}
        self._connection: sqlite3.Connection | None = None
        self._identity = (0, 0)
        self._checkpointer = Checkpointer(files)

    def exchange(
        self, changes: list[Change], events: list[AuditEvent], wanted: list[bytes]
    ) -> Exchange:
        """See ``GrantBackend``."""
        answer = Exchange(0, 0)
        began_ms = self._clock.monotonic_ms()
        if changes or events:
            try:
                answer.conflict = not self._commit(changes, events)
            except (sqlite3.Error, OSError) as error:
                answer.write_error = self._fault(error)
        if wanted:
            try:
                answer.held = self._read(wanted)
            except (sqlite3.Error, OSError) as error:
                answer.read_error = self._fault(error)
        self.steadiness.worked_since(began_ms)
        answer.now_ms = self.steadiness.now_ms()
        answer.serving_since_ms = self.steadiness.since_ms
        return answer

    def close(self) -> None:
        """See ``GrantBackend``."""
        self._checkpointer.close()
        self._disconnect()
        self._lock.close()

    def _commit(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> bool:
        connection = self._connected()
        revoked = [change for change in changes if change.after.revoked_at]
        with self._lock:
            connection.execute("BEGIN IMMEDIATE")
            try:
                if changes and not _write(connection, changes):
                    connection.execute("ROLLBACK")
                    return False
                if events:
                    connection.executemany(_INSERT_AUDIT, map(_audit_row, events))
                if revoked:
                    # Only a verdict that holds is journalled, when nothing is left to do but the commit.
                    self._journal.append(_entry(change) for change in revoked)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            self._checkpointer.after_commit(connection, len(changes))
        return True

    def _read(self, wanted: Sequence[bytes]) -> dict[bytes, Held]:
        connection = self._connected()
        statement = statements.select(statements.padded(len(wanted)))
        values = statements.select_values(wanted)
        grants = statements.grants_of(connection.execute(statement, values).fetchone()[0])
        asked = set(wanted)
        return {
            grant.id: Held(grant, self._terms.get(grant.terms_id) or self._learn(grant.terms_id))
            for grant in grants
            if grant.id in asked
        }

    def _learn(self, terms_id: int) -> Terms:
        if len(self._terms) >= _TERMS_KEPT:
            self._terms.clear()
        row = self._connected().execute("SELECT body FROM terms WHERE id = ?", (terms_id,))
        self._terms[terms_id] = self._decode_terms(row.fetchone()[0])
        return self._terms[terms_id]

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None:
            if not self.steadiness.due() or self._files.identity() == self._identity:
                return self._connection
            self._disconnect()
        # A missing file must not be made anew here: an empty database would log everybody out.
        identity = self._files.identity()
        connection = sqlite3.connect(
            self._files.database, check_same_thread=False, cached_statements=256
        )
        try:
            prepare(connection, cache_kib=_CACHE_KIB)
            with self._lock:
                assert_journal(connection, self._journal, self._clock.now_ms() // 1000)
        except BaseException:
            connection.close()
            raise
        self._connection, self._identity = connection, identity
        self._terms.clear()
        self.steadiness.restart()
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _fault(self, error: Exception) -> StoreUnavailable:
        self._disconnect()
        unavailable = StoreUnavailable(f"the database does not answer: {error}")
        unavailable.__cause__ = error
        return unavailable


def _write(connection: sqlite3.Connection, changes: Sequence[Change]) -> bool:
    statement = statements.update(statements.padded(len(changes)))
    return connection.execute(statement, statements.update_values(changes)).rowcount == len(changes)


def _entry(change: Change) -> Entry:
    after = change.after
    why = after.revoked_why or int(Revocation.ASKED)
    return Entry(at=after.revoked_at, what="grant", why=why, grant=after.id.hex())


def _audit_row(event: AuditEvent) -> tuple[object, ...]:
    detail = msgspec.json.encode(event.detail).decode()
    return (
        event.at_ms,
        event.event,
        event.app_id,
        event.grant_id,
        event.actor,
        detail,
        event.workspace_id,
        event.origin,
    )
