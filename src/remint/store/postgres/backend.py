"""The hot half of the PostgreSQL store."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final

import msgspec
import psycopg

from remint.clock import Clock
from remint.errors import StoreUnavailable
from remint.grant import Revocation, Terms
from remint.store.files import StoreFiles
from remint.store.grantkey import grant_key
from remint.store.journal import Entry, Journal
from remint.store.lock import WriteLock
from remint.store.postgres import statements
from remint.store.postgres.address import Address
from remint.store.postgres.assertion import assert_journal
from remint.store.postgres.clock import DatabaseClock
from remint.store.postgres.connection import Call, Connection, Rows, Statement
from remint.store.postgres.fault import is_refused, unavailable
from remint.store.postgres.moment import AnotherServer, learn_moment
from remint.store.postgres.safety import is_lax, wait_for_standby
from remint.store.protocols import AuditEvent, Change, Exchange, Held
from remint.store.steadiness import Steadiness

_TERMS_KEPT: Final = 65_536
_STATEMENT_SECONDS: Final = 10.0
_PAUSE_MS: Final = 200
_TRIES: Final = 4


class PostgresBackend:
    """One connection, used by one thread. Connects anew after a fault, and asserts the journal then.

    So it does where another server answers, as behind a pooler when the primary has failed: whatever is read
    comes with the name of who answered it, and is judged only if the journal was asserted there.

    An exchange is one round trip and one commit, unless it revokes: then what it revokes is journalled
    between the statement and the commit. With ``is_spread`` a statement names one grant only.
    """

    def __init__(
        self, address: Address, files: StoreFiles, clock: Clock, *, is_spread: bool = False
    ) -> None:
        self._address = address
        self._clock = DatabaseClock(clock)
        self.steadiness = Steadiness(self._clock)
        self._journal = Journal(files.journal)
        self._lock = WriteLock(files.lock)
        self._is_spread = is_spread
        self._decode_terms = msgspec.json.Decoder(Terms).decode
        self._terms: dict[int, Terms] = {}
        self._connection: Connection | None = None
        self._moment = Statement(b"", b"")
        self._server = ""
        self._is_lax = False
        self._retry_at_ms = 0

    def exchange(
        self, changes: list[Change], events: list[AuditEvent], wanted: list[bytes]
    ) -> Exchange:
        """See ``GrantBackend``. Of what another process changed first, only that is not written."""
        answer = Exchange(0, 0)
        began_ms = self._clock.monotonic_ms()
        for left in reversed(range(_TRIES)):
            try:
                connection = self._connected()
                if any(change.after.revoked_at for change in changes):
                    self._revoke(connection, changes, events, answer)
                    changes, events = [], []
                read = self._pass(connection, changes, events, wanted, answer)
                changes, events = [], []
                answer.held = self._held(connection, read, wanted)
            except (psycopg.Error, OSError) as error:
                writes = bool(changes or events)
                if left and not writes and self._may_be_read_again(error):
                    continue
                if writes and is_refused(error):
                    # Nothing of it was done, and the connection is as good as before.
                    answer.conflict = True
                else:
                    fault = self._fault(error)
                    answer.write_error = fault if writes else None
                    answer.read_error = fault if wanted else None
            break
        self.steadiness.worked_since(began_ms)
        answer.now_ms = self.steadiness.now_ms()
        answer.serving_since_ms = self.steadiness.since_ms
        return answer

    def close(self) -> None:
        """See ``GrantBackend``."""
        self._disconnect()
        self._lock.close()

    def _pass(
        self,
        connection: Connection,
        changes: Sequence[Change],
        events: Sequence[AuditEvent],
        wanted: Sequence[bytes],
        answer: Exchange,
    ) -> list[Rows]:
        """Everything in one round trip; its end is the commit. What was read, and the moment that it was."""
        written = self._writing(changes, events)
        safely = [Call(statements.WAIT_FOR_DISK)] if written and self._is_lax else []
        read = [*self._reading(wanted), Call(self._moment)]
        rows = connection.call([*safely, *written, *read])
        answer.lost |= _lost(changes, rows[len(safely) : -len(read)])
        return rows[-len(read) :]

    def _may_be_read_again(self, error: Exception) -> bool:
        if isinstance(error, AnotherServer):
            self._disconnect()
            return True
        return is_refused(error)

    def _revoke(
        self,
        connection: Connection,
        changes: Sequence[Change],
        events: Sequence[AuditEvent],
        answer: Exchange,
    ) -> None:
        end: int | None = None
        with self._lock:
            try:
                with connection.transaction():
                    wait_for_standby(connection)
                    lost = _lost(changes, connection.call(self._writing(changes, events)))
                    revoked = [each for each in changes if each.after.revoked_at]
                    # Only a verdict that holds is journalled, when nothing is left to do but the commit.
                    entries = [_entry(each) for each in revoked if each.before.id not in lost]
                    if entries:
                        end = self._journal.append(entries)
            except psycopg.Error as error:
                if end is not None and is_refused(error):
                    self._journal.take_back(end)
                raise
        answer.lost |= lost

    def _writing(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> list[Call]:
        if not changes:
            return [_telling(events)] if events else []
        if self._is_spread:
            return self._writing_spread(changes, events)
        values = statements.many_values(changes)
        if not events:
            return [Call(statements.UPDATE_MANY, values)]
        changed = frozenset(change.before.id for change in changes)
        told = statements.event_values(events, changed)
        return [Call(statements.UPDATE_MANY_AND_TELL, (*values, told))]

    def _writing_spread(
        self, changes: Sequence[Change], events: Sequence[AuditEvent]
    ) -> list[Call]:
        calls = []
        by_grant: dict[bytes | None, list[AuditEvent]] = {}
        for event in events:
            by_grant.setdefault(event.grant_id, []).append(event)
        for change in sorted(changes, key=lambda each: grant_key(each.before.id)):
            about = by_grant.pop(change.before.id, [])
            values = statements.one_values(change)
            if about:
                told = statements.event_values(about, frozenset({change.before.id}))
                calls.append(Call(statements.UPDATE_ONE_AND_TELL, (*values, told)))
            else:
                calls.append(Call(statements.UPDATE_ONE, values))
        others = [event for about in by_grant.values() for event in about]
        return [*calls, _telling(others)] if others else calls

    def _reading(self, wanted: Sequence[bytes]) -> list[Call]:
        keys = list(dict.fromkeys(map(grant_key, wanted)))
        if self._is_spread:
            return [Call(statements.SELECT_ONE, (statements.number(key),)) for key in keys]
        return [Call(statements.SELECT_MANY, (statements.array(keys),))] if keys else []

    def _held(
        self,
        connection: Connection,
        read: Sequence[Rows],
        wanted: Sequence[bytes],
    ) -> dict[bytes, Held]:
        *read, moment = read
        self._heard(moment)
        asked = set(wanted)
        grants = [statements.grant_of(row) for rows in read for row in rows]
        found = [grant for grant in grants if grant.id in asked]
        unknown = {grant.terms_id for grant in found} - self._terms.keys()
        if unknown:
            self._learn(connection, unknown)
        return {grant.id: Held(grant, self._terms[grant.terms_id]) for grant in found}

    def _learn(self, connection: Connection, numbers: set[int]) -> None:
        if len(self._terms) >= _TERMS_KEPT:
            self._terms.clear()
        asked = Call(statements.SELECT_TERMS, (statements.array(numbers),))
        rows, moment = connection.call([asked, Call(self._moment)])
        self._heard(moment)
        self._terms.update({number: self._decode_terms(body) for number, body in rows})

    def _heard(self, moment: Rows) -> None:
        """Takes note of the time. Raises ``AnotherServer``."""
        [(now_ms, server)] = moment
        if server != self._server:
            raise AnotherServer
        if self.steadiness.due() or self._clock.is_doubtful():
            self._clock.told(now_ms)

    def _connected(self) -> Connection:
        if self._connection is not None:
            if not self._connection.is_lost():
                return self._connection
            self._disconnect()
        if self._clock.monotonic_ms() < self._retry_at_ms:
            # Who waits for a server that is away keeps others waiting for nothing.
            raise psycopg.OperationalError("it was away a moment ago")
        connection = Connection.connect(autocommit=True, **self._address.connect_with())
        try:
            connection.statement_seconds = _STATEMENT_SECONDS
            self._is_lax = is_lax(connection)
            # Before the journal is asserted: should another server come in between, that is noticed.
            self._moment, now_ms, self._server = learn_moment(connection)
            self._clock.told(now_ms)
            connection.prepare((*statements.ALL, self._moment))
            with self._lock:
                assert_journal(connection, self._journal, self._clock.now_ms() // 1000)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._terms.clear()
        self.steadiness.restart()
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _fault(self, error: Exception) -> StoreUnavailable:
        self._disconnect()
        now_ms = self._clock.monotonic_ms()
        if now_ms >= self._retry_at_ms:
            # Who was turned away within the pause does not lengthen it: under load it would never end.
            self._retry_at_ms = now_ms + _PAUSE_MS
        return unavailable(error, self._address)


def _telling(events: Sequence[AuditEvent]) -> Call:
    return Call(statements.INSERT_EVENTS, (statements.event_values(events, frozenset()),))


def _lost(changes: Sequence[Change], written: Sequence[Rows]) -> frozenset[bytes]:
    if not changes:
        return frozenset()
    keys = {row[0] for rows in written for row in rows}
    if len(keys) == len(changes):
        return frozenset()
    return frozenset(
        change.before.id for change in changes if grant_key(change.before.id) not in keys
    )


def _entry(change: Change) -> Entry:
    after = change.after
    why = after.revoked_why or int(Revocation.ASKED)
    return Entry(at=after.revoked_at, what="grant", why=why, grant=after.id.hex())
