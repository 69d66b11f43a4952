"""What all renewals of one keeper share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from remint.clock import Clock, Entropy
from remint.dialect import Dialect, Renewal
from remint.keeper.connection import Held
from remint.keeper.events import Listener
from remint.keeper.leases import Leases
from remint.keeper.store.protocols import ConnectionStore
from remint.keeper.throttle import Throttle
from remint.keeper.timing import Timing, renewal_of


@dataclass(frozen=True)
class Surroundings:
    """What every renewal of one keeper shares."""

    store: ConnectionStore
    leases: Leases
    throttle: Throttle
    dialect: Callable[[str], Dialect]
    clock: Clock
    entropy: Entropy
    timing: Timing
    tell: Listener

    def fraction(self) -> float:
        """A random number from 0 to 1."""
        return int.from_bytes(self.entropy(4)) / 2**32

    def renewal(self, held: Held) -> Renewal:
        """How the connection's provider renews."""
        return renewal_of(held.setup, self.dialect(held.setup.dialect).renewal)
