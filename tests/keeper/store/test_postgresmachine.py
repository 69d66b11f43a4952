"""Any order of anything, on two machines: PostgreSQL's answers are those of the store in memory."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from remint.keeper.store.memory import MemoryStore
from tests.keeper.store.postgresplace import PostgresPlace
from tests.keeper.store.test_machine import Stores
from tests.postgrescluster import Cluster


def test_any_order_of_anything(cluster: Cluster):
    """See ``Stores``."""

    class PostgresStores(Stores):
        def __init__(self) -> None:
            super().__init__()
            self.place.close()
            place: Any = PostgresPlace(self.folder, cluster)
            self.place = place
            self.clock = place.clock
            self.processes = [place.open("here"), place.open("there")]
            self.model = MemoryStore(self.clock)

        def rewrap(self, process: int) -> None:
            """Who holds the old key would have to be told."""

    run_state_machine_as_test(
        PostgresStores,
        settings=settings(
            max_examples=10,
            stateful_step_count=30,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
