"""Leases on rows of the database, as one process has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from remint.clock import Clock, Entropy
from remint.errors import StoreError
from remint.keeper.connection import Busy, Lease
from remint.keeper.store.postgres import statements
from remint.keeper.store.postgres.database import Database
from remint.keeper.store.postgres.datakeys import DataKeys
from remint.keeper.store.postgres.rows import bytes_of, found_by
from remint.keeper.store.postgres.timeline import settling_ms
from remint.store.postgres.connection import Connection

UNSETTLED_MS: Final = 3_000
_HOLDER_BYTES: Final = 12
_NONCE_BYTES: Final = 8


class Leasing:
    """Takes leases, extends them and gives them back. A process that was forked needs its own."""

    def __init__(self, database: Database, keys: DataKeys, clock: Clock, entropy: Entropy) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        #: What its leases go by begins with this.
        self._holder = entropy(_HOLDER_BYTES).hex()
        self._held: dict[tuple[str, int], Lease] = {}
        self._kept_back: dict[tuple[str, int], Lease] = {}
        #: Who asked and got no answer: the name, and until when it may have been given a lease.
        self._unheard: dict[str, tuple[str, int]] = {}

    def acquire(self, name: str, owner: str, lease_ms: int) -> Lease | Busy | None:
        """See ``ConnectionStore``."""
        holder = self._holder + self._entropy(_NONCE_BYTES).hex()
        given = {
            "name": bytes_of(name),
            "owner": owner,
            "holder": holder,
            "lease_ms": lease_ms,
        }
        try:
            return self._database.run(lambda connection, _: self._acquired(connection, given))
        except StoreError:
            until_ms = self._clock.monotonic_ms() + 2 * lease_ms
            self._unheard[holder] = (name, until_ms)
            raise

    def extend(self, leases: Sequence[Lease], lease_ms: int) -> list[Lease]:
        """See ``ConnectionStore``."""
        given = {
            "names": [bytes_of(lease.name) for lease in leases],
            "ids": [lease.id for lease in leases],
            "owners": [lease.owner for lease in leases],
            "fences": [lease.fence for lease in leases],
            "holder": self._holder,
            "lease_ms": lease_ms,
        }
        if not leases:
            return []

        def work(connection: Connection, _: bool) -> list[Lease]:
            until_ms = self._clock.monotonic_ms() + lease_ms
            extended = set(connection.execute(statements.EXTEND, given).fetchall())
            kept = [lease for lease in leases if (lease.id, lease.fence) in extended]
            for lease in kept:
                lease.until_ms = until_ms
            return kept

        return self._database.run(work)

    def release(self, lease: Lease) -> None:
        """See ``ConnectionStore``."""
        given = self.given(lease)
        self._database.run(lambda connection, _: connection.execute(statements.RELEASE, given))
        self._held.pop((lease.id, lease.fence), None)
        self._kept_back.pop((lease.id, lease.fence), None)

    def keep_back(self, lease: Lease) -> None:
        """It cannot be given back now: ``kept_back`` gives it."""
        self._kept_back[lease.id, lease.fence] = lease

    def kept_back(self) -> list[Lease]:
        """Leases that nobody needs, and that were not given back."""
        return list(self._kept_back.values())

    def give_up(self, connection: Connection) -> None:
        """Gives back what this process may have been given without ever hearing of it."""
        now_ms = self._clock.monotonic_ms()
        unheard = dict(self._unheard)
        if not unheard:
            return
        given = {
            "names": [bytes_of(name) for name, _ in unheard.values()],
            "holders": list(unheard),
        }
        connection.execute(statements.GIVE_UP, given)
        for holder, (_, until_ms) in unheard.items():
            # A server that hung may do late what it was asked: so this is done more than once.
            if until_ms <= now_ms:
                self._unheard.pop(holder, None)

    def held(self) -> list[Lease]:
        """Those that were not given back."""
        return list(self._held.values())

    def given(self, lease: Lease) -> dict[str, Any]:
        """What a statement finds the row by, as long as the lease holds."""
        return {
            "name": bytes_of(lease.name),
            "id": lease.id,
            "owner": lease.owner,
            "holder": self._holder,
            "fence": lease.fence,
        }

    def _is_unsettled(self) -> bool:
        """Whether the database was away: leases may have run out meanwhile under those who had an answer, and
        they get the time to bring it before anybody takes over what they were at.
        """
        return self._clock.monotonic_ms() - self._database.lost_at_ms < UNSETTLED_MS

    def _acquired(self, connection: Connection, given: dict[str, Any]) -> Lease | Busy | None:
        while True:
            is_unsettled = self._is_unsettled()
            # Counted from before the server hears of it: it must not seem to last longer here.
            until_ms = self._clock.monotonic_ms() + given["lease_ms"]
            asked = {**given, "is_unsettled": is_unsettled}
            taken = found_by(connection, statements.ACQUIRE, asked)
            if taken is not None:
                row, held = taken.row, self._keys.held(connection, taken)
                lease = Lease(row.id, row.name, row.owner, row.fence, until_ms, held)
                self._held[row.id, row.fence] = lease
                return lease
            there = found_by(connection, statements.BY_NAME, given)
            if there is None:
                return None
            if there.is_leased or (is_unsettled and there.is_abandoned):
                return Busy(self._keys.held(connection, there))
            settles_ms = settling_ms(connection)
            if settles_ms:
                return Busy(self._keys.held(connection, there), settles_ms)
