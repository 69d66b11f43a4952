"""Connections in a SQLite database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from remint.clock import Clock, Entropy, SystemClock, system_entropy
from remint.errors import StoreError
from remint.grant.budget import Budget, charge
from remint.keeper.connection import (
    Answer,
    Busy,
    Held,
    Lease,
    Renewed,
    Setback,
    State,
    presented,
)
from remint.keeper.forking import follow_forks, leave_to_parent
from remint.keeper.store.keysource import AskedKey, KeySource
from remint.keeper.store.owner import Presence, sweep
from remint.keeper.store.sealing import seal_payload, seal_trouble, unseal_payload
from remint.keeper.store.spool import Spool
from remint.keeper.store.sqlite import rekeying, rows, statements
from remint.keeper.store.sqlite.answers import Answers
from remint.keeper.store.sqlite.database import Database, translated
from remint.keeper.store.sqlite.datakeys import DataKeys
from remint.keeper.store.sqlite.files import StoreFiles
from remint.keeper.store.sqlite.opening import unlocked_store
from remint.keeper.store.sqlite.rows import Row

PATIENCE_SECONDS: Final = 5.0


class SQLiteStore:
    """See ``ConnectionStore``. Durable, sealed, and shared by the processes of one machine.

    Everything lies in ``directory``, which is made when it is missing. ``key`` is the root key or where to
    look for it (see ``KeySource``). A store is for all threads of a process, and goes on working in a forked
    child, as another owner. Raises ``VaultError`` if the key is not the one that the store was sealed under,
    before anything is written.
    """

    def __init__(
        self,
        directory: Path,
        *,
        key: AskedKey = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        entropy: Entropy = system_entropy,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.files = StoreFiles(directory)
        self.clock = clock or SystemClock()
        self._entropy = entropy
        self._patience_seconds = patience_seconds
        source = KeySource(key, os.environ if environ is None else environ, directory)
        vault = unlocked_store(self.files, source, self.clock, entropy, patience_seconds)
        self._is_closed = False
        self._spool = Spool(self.files.spool)
        self._keys = DataKeys(vault, source, self.clock, entropy)
        self._enter()
        with translated():
            sweep(self.files.owners)
        follow_forks(self)

    def create(self, held: Held, *, replace: bool = False) -> bool:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=True) as connection:
            before = rows.row(connection, rows.BY_NAME, held.name)
            fence = held.swapped_fence
            if before is not None:
                if not replace:
                    return False
                fence = max(fence, before.fence)
                self._answers.forget(connection, before.id)
                connection.execute(statements.DELETE, (before.id,))
            vault = self._keys.for_writing(connection)
            try:
                rows.insert(connection, held, vault, fence)
            except sqlite3.IntegrityError:
                raise StoreError(f"{held.name}: another connection has its id") from None
        return True

    def load(self, name: str) -> Held | None:
        """See ``ConnectionStore``."""
        with self._database.reading() as connection:
            row = rows.row(connection, rows.BY_NAME, name)
            return None if row is None else self._shown(connection, row)

    def acquire(self, name: str, owner: str, lease_ms: int) -> Lease | Busy | None:
        """See ``ConnectionStore``."""
        # Who only waits for somebody else should not queue with those who write.
        with self._database.reading() as connection:
            row = rows.row(connection, rows.BY_NAME, name)
            if row is None:
                return None
            if self._is_leased(row):
                return Busy(self._shown(connection, row))
        with self._database.writing(durable=False) as connection:
            row = rows.row(connection, rows.BY_NAME, name)
            if row is None:
                return None
            if self._is_leased(row):
                return Busy(self._shown(connection, row))
            row = row._replace(
                owner=owner,
                holder=self._presence.id,
                fence=row.fence + 1,
                lease_until_ms=self.clock.monotonic_ms() + lease_ms,
                lease_ms=lease_ms,
            )
            connection.execute(statements.LEASE, (*_lease_of(row), row.id))
            held = self._shown(connection, row)
        return Lease(row.id, name, owner, row.fence, row.lease_until_ms, held)

    def extend(self, leases: Sequence[Lease], lease_ms: int) -> list[Lease]:
        """See ``ConnectionStore``."""
        kept = []
        with self._database.writing(durable=False) as connection:
            until_ms = self.clock.monotonic_ms() + lease_ms
            for lease in leases:
                row = self._leased(connection, lease)
                if row is not None:
                    row = row._replace(lease_until_ms=until_ms, lease_ms=lease_ms)
                    connection.execute(statements.LEASE, (*_lease_of(row), row.id))
                    kept.append(lease)
        for lease in kept:
            lease.until_ms = until_ms
        return kept

    def intend(self, lease: Lease, at_ms: int) -> bool:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=True) as connection:
            vault = self._keys.for_writing(connection)
            row = self._leased(connection, lease)
            if row is None or row.sent_mark != rows.mark_of(vault, lease.held):
                return False
            before = row.intent
            tries = before.tries + 1 if before is not None and before.is_current else 1
            room = self._answers.make_room(connection, lease.id, lease.fence, vault.active)
            connection.execute(statements.INTEND, (lease.fence, at_ms, tries, lease.id))
        self._answers.remember(lease.id, room)
        return True

    def append(self, lease: Lease, answer: Answer) -> None:
        """See ``ConnectionStore``."""
        self._answers.append(lease.id, answer)

    def unread(self, held: Held) -> list[Answer]:
        """See ``ConnectionStore``."""
        return self._answers.unread(held.id)

    def swap(self, held: Held, answer: Answer, renewed: Renewed) -> Held | None:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=True) as connection:
            row = rows.row(connection, rows.BY_ID, held.id)
            if row is None:
                return None
            self._answers.consume(connection, held.id, answer.fence)
            vault = self._keys.for_writing(connection)
            is_late = row.swapped_fence >= answer.fence
            if is_late or row.sent_mark != vault.mark(row.id, answer.sent):
                return None
            return self._swapped(connection, row, answer.fence, renewed)

    def settle(self, held: Held, setback: Setback, fence: int) -> bool:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=setback.state == "dead") as connection:
            row = rows.row(connection, rows.BY_ID, held.id)
            if row is None:
                return False
            others = setback.state == "dead" and self._answers.others(connection, row.id, fence)
            if setback.consumes:
                self._answers.consume(connection, row.id, fence)
            else:
                self._answers.set_aside(connection, row.id, fence)
            vault = self._keys.for_writing(connection)
            if row.sent_mark != rows.mark_of(vault, held) or row.swapped_fence >= fence:
                return False
            # What comes of the call that was made with the same token under a later lease counts.
            intent = row.intent
            is_overtaken = intent is not None and intent.is_current and intent.fence > fence
            if others or (is_overtaken and setback.state == "dead"):
                return False
            trouble = seal_trouble(vault, row.id, row.name, row.version, setback.trouble)
            values = (
                row.state if is_overtaken else setback.state,
                trouble,
                setback.failures,
                setback.not_before_ms,
                setback.renew_at_ms,
                setback.keeps_intent or is_overtaken,
                row.id,
            )
            connection.execute(statements.SETTLE, values)
        return True

    def release(self, lease: Lease) -> None:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=False) as connection:
            self._answers.leave(connection, lease.id, lease.fence)
            row = self._leased(connection, lease)
            if row is not None:
                row = row._replace(holder="", lease_until_ms=0)
                connection.execute(statements.LEASE, (*_lease_of(row), row.id))

    def postpone(self, name: str, renew_at_ms: int | None) -> None:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=False) as connection:
            connection.execute(statements.POSTPONE, (renew_at_ms, name))

    def forget(self, name: str) -> bool:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=True) as connection:
            row = rows.row(connection, rows.BY_NAME, name)
            if row is None:
                return False
            self._answers.forget(connection, row.id)
            connection.execute(statements.DELETE, (row.id,))
        return True

    def due(self, now_ms: int, limit: int) -> list[str]:
        """See ``ConnectionStore``."""
        names: list[str] = []
        seen: dict[str, bool] = {"": False}
        with self._database.reading() as connection:
            for name, holder, until_ms, lease_ms in connection.execute(statements.DUE, (now_ms,)):
                if len(names) >= limit:
                    break
                if holder not in seen:
                    seen[holder] = self._presence.sees(holder)
                if not (seen[holder] and self._is_running(until_ms, lease_ms)):
                    names.append(name)
        return names

    def next_due_ms(self) -> int | None:
        """See ``ConnectionStore``."""
        with self._database.reading() as connection:
            first: int | None = connection.execute(statements.NEXT_DUE).fetchone()[0]
        return first

    def listing(self, after: str, limit: int) -> list[Held]:
        """See ``ConnectionStore``."""
        with self._database.reading() as connection:
            found = connection.execute(rows.BEHIND_NAME, (after, limit)).fetchall()
            return [self._shown(connection, Row._make(each)) for each in found]

    def count(self) -> dict[str, int]:
        """See ``ConnectionStore``."""
        counts = {"fresh": 0, "renewing": 0, "in_doubt": 0, "dead": 0}
        with self._database.reading() as connection:
            counts["fresh"] = connection.execute(statements.TOTAL).fetchone()[0]
            for state, number in connection.execute(statements.NOT_FRESH).fetchall():
                counts[state] += number
                counts["fresh"] -= number
            for each in connection.execute(rows.RENEWING).fetchall():
                if not self._is_leased(Row._make(each)):
                    counts["renewing"] -= 1
                    counts["in_doubt"] += 1
        return counts

    def charge(self, key: str, calls: int, per_seconds: int, now_ms: int) -> int:
        """See ``ConnectionStore``."""
        with self._database.writing(durable=False) as connection:
            mark = self._keys.vault.mark("", key)
            found = connection.execute(statements.CHARGED, (mark,)).fetchone()
            before = 0 if found is None else found[0]
            after, wait_ms = charge(Budget(calls, per_seconds), before, now_ms)
            if after != before:
                connection.execute(statements.CHARGE, (mark, after))
        return wait_ms

    def rotate(self) -> None:
        """Makes a new data key, which seals whatever is written from now on."""
        rekeying.rotate(self._database, self._keys)

    def reseal(self, limit: int = 500) -> int:
        """Seals up to so many connections under the newest data key, and gives how many are left.

        Keys that nothing needs any more are deleted. Others may read and write meanwhile.
        """
        return rekeying.reseal(self._database, self._keys, limit)

    def rewrap(self, key: AskedKey) -> None:
        """Puts another root key in place: the one that is given, or a new one in a ``file`` or the
        ``keyring``. From then on the store remembers that as its source.
        """
        rekeying.rewrap(self._database, self._keys, key)

    def close(self) -> None:
        """See ``ConnectionStore``."""
        if not self._is_closed:
            self._is_closed = True
            self._presence.close()
            self._database.close()

    def _enter(self) -> None:
        """Opens what only this process may use, and shows that it is there."""
        self._database = Database(self.files, self._patience_seconds)
        with translated():
            self._presence = Presence(self.files.owners, self._entropy)
        self._answers = Answers(self._database, self._spool, self._keys, self._presence)

    def forked(self) -> None:
        """See ``Forkable``. A child has no part in the parent's connections, locks and leases."""
        if not self._is_closed:
            leave_to_parent(self._database.disown())
            self._presence.disown()
            self._enter()

    def _swapped(
        self, connection: sqlite3.Connection, row: Row, fence: int, renewed: Renewed
    ) -> Held:
        vault = self._keys.for_reading(connection, row.payload)
        setup = unseal_payload(vault, row.id, row.name, row.version, row.payload).setup
        version = row.version + 1
        values = (
            version,
            renewed.at_ms,
            renewed.renew_at_ms,
            fence,
            vault.mark(row.id, presented(setup, renewed.tokens)),
            vault.active,
            seal_payload(vault, row.id, row.name, version, setup, renewed.tokens),
            row.id,
        )
        connection.execute(statements.SWAP, values)
        swapped = rows.row(connection, rows.BY_ID, row.id)
        assert swapped is not None
        return self._shown(connection, swapped)

    def _leased(self, connection: sqlite3.Connection, lease: Lease) -> Row | None:
        row = rows.row(connection, rows.BY_ID, lease.id)
        if row is None or row.owner != lease.owner or row.fence != lease.fence:
            return None
        # Another process' lease, copied here by a fork, is not ours.
        mine = row.holder == self._presence.id
        return row if mine and self._is_leased(row) else None

    def _is_leased(self, row: Row) -> bool:
        is_running = self._is_running(row.lease_until_ms, row.lease_ms)
        return is_running and self._presence.sees(row.holder)

    def _is_running(self, until_ms: int, lease_ms: int) -> bool:
        # Further ahead than it is long: it was taken on another stopwatch.
        return 0 < until_ms - self.clock.monotonic_ms() <= lease_ms

    def _shown(self, connection: sqlite3.Connection, row: Row) -> Held:
        state: State = row.state
        if state == "renewing" and not self._is_leased(row):
            state = "in_doubt"
        return row.held(self._keys.for_reading(connection, row.payload), state)


def _lease_of(row: Row) -> tuple[str, str, int, int, int]:
    return (row.owner, row.holder, row.fence, row.lease_until_ms, row.lease_ms)
