"""The leases that this process holds, renewed by a thread for as long as calls run."""

from __future__ import annotations

import logging
import os
import threading

from remint.clock import Clock
from remint.errors import StoreError
from remint.keeper.connection import Busy, Lease
from remint.keeper.forking import follow_forks
from remint.keeper.store.protocols import ConnectionStore

_log = logging.getLogger("remint.keeper")


class Leases:
    """Takes leases, gives them back, and keeps them in between.

    A thread of its own does it, and not the caller's or its event loop: those may be kept from running for
    longer than a lease lasts, and a slow provider would then see two renewals (K1). It runs while there are
    leases.
    """

    def __init__(
        self, store: ConnectionStore, owner: str, clock: Clock, lease_seconds: float
    ) -> None:
        self.owner = owner
        self._store = store
        self._clock = clock
        self._lease_ms = int(lease_seconds * 1000)
        self._begin()
        follow_forks(self)

    def _begin(self) -> None:
        self._held: dict[tuple[str, int], Lease] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def forked(self) -> None:
        """See ``Forkable``. The leases are the parent's, and so is the name under which it took them."""
        self.owner = f"{os.getpid()}-{self.owner.rpartition('-')[2]}"
        self._begin()

    def take(self, name: str) -> Lease | Busy | None:
        """See ``ConnectionStore.acquire``."""
        taken = self._store.acquire(name, self.owner, self._lease_ms)
        if isinstance(taken, Lease):
            with self._changed:
                self._held[taken.id, taken.fence] = taken
                if self._thread is None:
                    self._start()
        return taken

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="remint-leases", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            # The interpreter is ending, or has no thread left: most calls are over before a lease is.
            _log.warning("leases cannot be renewed: %s", error)
        else:
            self._thread = thread

    def holds(self, lease: Lease) -> bool:
        """Whether the lease has not run out, for all that this process knows."""
        return lease.until_ms > self._clock.monotonic_ms()

    def give_back(self, lease: Lease) -> None:
        """See ``ConnectionStore.release``. A store that is away does not matter: the lease runs out."""
        with self._changed:
            self._held.pop((lease.id, lease.fence), None)
            if not self._held:
                self._changed.notify_all()
        try:
            self._store.release(lease)
        except StoreError as error:
            _log.warning("a lease cannot be given back now: %s", error)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(self._lease_ms / 3000)
                leases = list(self._held.values())
                if not leases:
                    self._thread = None
                    return
            try:
                kept = self._store.extend(leases, self._lease_ms)
            except StoreError as error:
                _log.warning("leases cannot be renewed now: %s", error)
                continue
            lost = {(lease.id, lease.fence) for lease in leases}
            lost -= {(lease.id, lease.fence) for lease in kept}
            with self._changed:
                for key in lost:
                    self._held.pop(key, None)
