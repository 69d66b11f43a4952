"""Connections in a PostgreSQL database."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from remint.clock import Clock, Entropy, SystemClock, system_entropy
from remint.errors import StoreError, VaultError
from remint.grant.budget import Budget
from remint.keeper.connection import Answer, Busy, Held, Lease, Renewed, Setback
from remint.keeper.forking import follow_forks
from remint.keeper.store.keysource import AskedKey, KeySource
from remint.keeper.store.opening import data_directory
from remint.keeper.store.postgres import changes, rekeying, rows, statements
from remint.keeper.store.postgres.allowances import charged
from remint.keeper.store.postgres.answers import FILLER, ROOMS_PER_CONNECTION, Answers
from remint.keeper.store.postgres.copies import Copies
from remint.keeper.store.postgres.database import Database
from remint.keeper.store.postgres.datakeys import DataKeys, opened
from remint.keeper.store.postgres.leasing import Leasing
from remint.keeper.store.postgres.lookout import Lookout
from remint.keeper.store.postgres.outbox import Outbox
from remint.keeper.store.postgres.rows import bytes_of, found_by, name_of
from remint.keeper.store.postgres.timeline import settling_ms
from remint.keeper.store.rows import mark_of, row_of
from remint.store.postgres.address import Address
from remint.store.postgres.clock import DatabaseClock
from remint.store.postgres.connection import Connection

PATIENCE_SECONDS: Final = 5.0
MOST_CONNECTIONS: Final = 8

_log: Final = logging.getLogger("remint.keeper")

T = TypeVar("T")


class PostgresStore:
    """See ``ConnectionStore``. Durable, sealed, and shared by any number of machines.

    ``url`` is ``postgresql://…``. ``key`` is the root key or where to look for it (see ``KeySource``; there
    is no key file, because each machine needs the key). ``outbox`` is a directory of this machine alone, by
    default in this user's data directory. A store is for all threads of a process, and goes on working in a
    forked child, as another owner. Raises ``VaultError`` if the key is not the one that the store was sealed
    under, before anything is written.
    """

    def __init__(
        self,
        url: str,
        *,
        key: AskedKey = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        entropy: Entropy = system_entropy,
        patience_seconds: float = PATIENCE_SECONDS,
        most_connections: int = MOST_CONNECTIONS,
        outbox: Path | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        self.address = Address(url, environ, name="remint-keeper", key="store")
        self.clock = DatabaseClock(clock or SystemClock())
        self._entropy = entropy
        self._patience_seconds = patience_seconds
        self._most_connections = most_connections
        self._is_closed = False
        self._database = self._connected()
        source = KeySource(key, environ)
        where = str(self.address)
        try:
            vault = self._run(lambda c: opened(c, source, self.clock, entropy, where))
        except BaseException:
            self._database.close()
            raise
        self._keys = DataKeys(vault, source, self.clock, entropy)
        base = outbox or data_directory(environ) / "postgres"
        self._outbox_directory = base / vault.store_id.hex()
        self._enter()
        try:
            self._answers.collect(is_in_doubt=False)
            self._run(self._answers.offer)
        except StoreError as error:
            _log.warning("what others left on this machine is not looked at now: %s", error)
        follow_forks(self)

    def create(self, held: Held, *, replace: bool = False) -> bool:
        """See ``ConnectionStore``."""

        def work(connection: Connection, is_again: bool) -> bool:
            vault = self._keys.for_writing(connection)
            values = rows.values_of(row_of(held, vault, held.swapped_fence))
            if replace:
                connection.execute(statements.REPLACE, values)
                return True
            if connection.execute(statements.CREATE, values).fetchone() is not None:
                return True
            before = found_by(connection, statements.BY_ID, rows.key_of(held)) if is_again else None
            return before is not None and before.row.fence == held.swapped_fence

        return self._database.run(work)

    def load(self, name: str) -> Held | None:
        """See ``ConnectionStore``."""
        return self._run(lambda connection: self._loaded(connection, name))

    def acquire(self, name: str, owner: str, lease_ms: int) -> Lease | Busy | None:
        """See ``ConnectionStore``."""
        try:
            taken = self._leasing.acquire(name, owner, lease_ms)
        except StoreError:
            self._lookout.wake()
            raise
        if isinstance(taken, Busy) and taken.settles_ms:
            self._lookout.wake()
        return taken

    def extend(self, leases: Sequence[Lease], lease_ms: int) -> list[Lease]:
        """See ``ConnectionStore``."""
        return self._leasing.extend(leases, lease_ms)

    def intend(self, lease: Lease, at_ms: int) -> bool:
        """See ``ConnectionStore``."""
        self._answers.make_room(lease.id, lease.fence)

        def work(connection: Connection, is_again: bool) -> bool:
            vault = self._keys.for_writing(connection)
            given = {
                **self._leasing.given(lease),
                "sent_mark": mark_of(vault, lease.held),
                "at_ms": at_ms,
                "is_again": is_again,
                "key_id": vault.active,
                "filler": FILLER,
                "rooms": ROOMS_PER_CONNECTION,
            }
            intended = connection.execute(statements.INTEND, given).fetchone()
            return intended == (1,)

        is_intended = self._database.run(work)
        if not is_intended:
            self._answers.leave(lease.id, lease.fence)
        return is_intended

    def append(self, lease: Lease, answer: Answer) -> None:
        """See ``ConnectionStore``."""
        self._answers.append(lease.name, lease.id, answer)
        self._lookout.wake()

    def unread(self, held: Held) -> list[Answer]:
        """See ``ConnectionStore``."""
        self._answers.deliver()
        self._answers.collect(is_in_doubt=held.intent is not None)
        return self._run(lambda c: self._answers.unread(c, held.name, held.id))

    def swap(self, held: Held, answer: Answer, renewed: Renewed) -> Held | None:
        """See ``ConnectionStore``."""
        self._answers.deliver()

        def work(connection: Connection, is_again: bool) -> Held | None:
            while True:
                before = found_by(connection, statements.BY_ID, rows.key_of(held))
                if before is None:
                    return None
                row = before.row
                if is_again and row.swapped_fence == answer.fence:
                    return self._keys.held(connection, before)
                self._keys.for_writing(connection)
                vault = self._keys.for_reading(connection, row.payload)
                is_of_this_token = row.sent_mark == vault.mark(row.id, answer.sent)
                if row.swapped_fence >= answer.fence or not is_of_this_token:
                    connection.execute(
                        statements.CONSUME, {**rows.key_of(held), "fence": answer.fence}
                    )
                    return None
                values = changes.swapping(vault, row, answer, renewed)
                swapped = found_by(connection, statements.SWAP, values)
                if swapped is not None:
                    return self._keys.held(connection, swapped)

        return self._database.run(work)

    def settle(self, held: Held, setback: Setback, fence: int) -> bool:
        """See ``ConnectionStore``."""
        self._answers.deliver()
        statement = statements.SETTLE_AND_KEEP
        if setback.consumes:
            statement = statements.SETTLE_AND_CONSUME

        def work(connection: Connection) -> bool:
            while True:
                before = found_by(connection, statements.BY_ID, rows.key_of(held))
                if before is None:
                    return False
                row, vault = before.row, self._keys.for_writing(connection)
                sent_mark = mark_of(vault, held)
                given = changes.settling(vault, row, sent_mark, setback, fence)
                if connection.execute(statement, given).fetchone() is not None:
                    return True
                now = found_by(connection, statements.BY_ID, rows.key_of(held))
                # Another version that has the same token came between the two.
                if now is None or now.row.version == row.version or now.row.sent_mark != sent_mark:
                    return False

        return self._run(work)

    def release(self, lease: Lease) -> None:
        """See ``ConnectionStore``."""
        try:
            self._answers.leave(lease.id, lease.fence)
            self._leasing.release(lease)
        except StoreError:
            self._leasing.keep_back(lease)
            self._lookout.wake()
            raise

    def postpone(self, name: str, renew_at_ms: int | None) -> None:
        """See ``ConnectionStore``."""
        given = {"name": bytes_of(name), "renew_at_ms": renew_at_ms}
        self._execute(statements.POSTPONE, given)

    def forget(self, name: str) -> bool:
        """See ``ConnectionStore``."""
        given = {"name": bytes_of(name)}
        return self._database.run(
            lambda c, is_again: (
                c.execute(statements.FORGET, given).fetchone() is not None or is_again
            )
        )

    def due(self, now_ms: int, limit: int) -> list[str]:
        """See ``ConnectionStore``."""
        given = {"now_ms": now_ms, "limit": limit}
        return [name_of(name) for (name,) in self._execute(statements.DUE, given)]

    def next_due_ms(self) -> int | None:
        """See ``ConnectionStore``."""
        first: int | None = self._execute(statements.NEXT_DUE, {})[0][0]
        return first

    def listing(self, after: str, limit: int) -> list[Held]:
        """See ``ConnectionStore``."""
        given = {"name": bytes_of(after), "limit": limit}

        def work(connection: Connection) -> list[Held]:
            found = connection.execute(statements.BEHIND_NAME, given).fetchall()
            return [self._keys.held(connection, rows.found(each)) for each in found]

        return self._run(work)

    def count(self) -> dict[str, int]:
        """See ``ConnectionStore``."""
        counts = {"fresh": 0, "renewing": 0, "in_doubt": 0, "dead": 0}
        return {**counts, **dict(self._execute(statements.COUNT, {}))}

    def charge(self, key: str, calls: int, per_seconds: int, now_ms: int) -> int:
        """See ``ConnectionStore``."""
        budget, mark = Budget(calls, per_seconds), self._keys.vault.mark("", key)
        return self._run(lambda connection: charged(connection, budget, mark, now_ms))

    def rotate(self) -> None:
        """Makes a new data key, which seals whatever is written from now on."""
        self._run(self._keys.rotate)

    def reseal(self, limit: int = 500) -> int:
        """Seals up to so many connections under the newest data key, and gives how many are left.

        Keys that nothing needs any more are deleted. Others may read and write meanwhile.
        """
        return self._run(lambda connection: rekeying.reseal(connection, self._keys, limit))

    def rewrap(self, key: AskedKey) -> None:
        """Puts another root key in place. Every machine then needs that one."""
        self._database.run(lambda c, is_again: self._keys.rewrap(c, key, is_again=is_again))

    def close(self) -> None:
        """See ``ConnectionStore``."""
        if not self._is_closed:
            self._is_closed = True
            try:
                self._answers.deliver_now()
                for lease in self._leasing.held():
                    self.release(lease)
            except StoreError as error:
                _log.warning("a lease cannot be given back now: %s", error)
            self._lookout.close()
            self._answers.close()
            self._database.close()

    def forked(self) -> None:
        """What a forked child does: it has no part in the parent's connections, files and leases."""
        if not self._is_closed:
            self._database.disown()
            self._answers.disown()
            self._database = self._connected()
            self._enter()

    def __repr__(self) -> str:
        return f"PostgresStore({str(self.address)!r})"

    def _connected(self) -> Database:
        return Database(self.address, self._patience_seconds, self._most_connections, self.clock)

    def _enter(self) -> None:
        """Opens what only this process may use."""
        self._leasing = Leasing(self._database, self._keys, self.clock, self._entropy)
        outbox, copies = None, None
        try:
            outbox = Outbox(self._outbox_directory, self._entropy)
            copies = Copies(self._outbox_directory / "copies", self.clock)
        except OSError as error:
            _log.warning(
                "this machine keeps no answers while the database is away: %s: %s",
                error.strerror,
                self._outbox_directory,
            )
        self._answers = Answers(self._database, self._keys, outbox, copies)
        self._lookout = Lookout(self._look, self.clock)

    def _look(self) -> None:
        """A server that took over waits for what everybody has, and gets it; and one that was away gets the
        leases back that nobody needs.
        """

        def work(connection: Connection, _: bool) -> None:
            settling_ms(connection)
            self._answers.offer(connection)
            self._leasing.give_up(connection)

        self._database.run(work, is_patient=False)
        for lease in self._leasing.kept_back():
            self.release(lease)

    def _run(self, work: Callable[[Connection], T]) -> T:
        """For what may be done twice."""
        return self._database.run(lambda connection, _: work(connection))

    def _execute(self, statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        def work(connection: Connection) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement, given)
            return cursor.fetchall() if cursor.description else []

        return self._run(work)

    def _loaded(self, connection: Connection, name: str) -> Held | None:
        while True:
            found = found_by(connection, statements.BY_NAME, {"name": bytes_of(name)})
            if found is None:
                return None
            try:
                return self._keys.held(connection, found)
            except VaultError:
                # Sealed anew between the two reads, and the key before dropped: then the row is another now.
                now = found_by(connection, statements.BY_NAME, {"name": bytes_of(name)})
                if now is None or now.row.payload == found.row.payload:
                    raise
