"""The same lives over PostgreSQL: connections are cut in the middle, and databases put back."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.keeper.store.postgrescuts import Cuts
from tests.postgrescluster import Cluster
from tests.store.lives import Life
from tests.store.postgresstore import PostgresStore
from tests.store.server import Server
from tests.store.test_machine import Renewals, lives


class PostgresRenewals(Renewals):
    """Every rule but for the faults is the other engine's."""

    cluster: Cluster
    cuts: Cuts

    def begin(self) -> Server:
        self.store = PostgresStore(self.cluster, self.folder / "store")
        url = self.cluster.url(self.store.name)
        server = Server(self.folder / "data", self.store.clock, url)
        server.app()
        return server

    def copy_to(self, target: Path) -> None:
        self.store.copy(target)

    def replace_by(self, copy: Path) -> None:
        self.store.put_back(copy)

    def teardown(self) -> None:
        super().teardown()
        self.store.close()

    @rule(life=lives, at=st.integers(0, 6), after=st.booleans())
    def renew_over_a_fault(self, life: Life, at: int, after: bool) -> None:
        self.server.restart()
        self.calm_since_ms = self.clock.now_ms()
        before = self.server.look_up(life.newest)
        self.cuts.arm(at, after=after)
        # Its own reading is not what is to be cut.
        with mock.patch.object(self.server, "look_up", return_value=before):
            answer = self.server.present(life.newest)
        self.cuts.disarm()
        life.shown_newest(answer, self.clock.now_ms(), self.calm_since_ms)
        self.server.restart()
        self.calm_since_ms = self.clock.now_ms()
        if answer.outcome is None and before is not None:
            now = self.server.look_up(life.newest)
            is_there = now is not None and now.grant.generation != before.grant.generation
            life.left_in_doubt(answer, self.clock.now_ms(), is_there=is_there)


def test_any_order_of_anything(cluster, monkeypatch):
    """Lost answers, races, cuts, restarts, restores and new keys, over PostgreSQL."""
    PostgresRenewals.cluster = cluster
    PostgresRenewals.cuts = Cuts(monkeypatch)
    run_state_machine_as_test(
        PostgresRenewals,
        settings=settings(
            max_examples=max(6, settings().max_examples // 100),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
