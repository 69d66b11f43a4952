"""Whole renewals, by keepers on two machines, while the server restarts or goes away at each step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from remint.errors import RemintError
from remint.keeper.connection import Setup, Tokens
from remint.keeper.keeper import Keeper
from remint.keeper.store.postgres import PostgresStore
from remint.keeper.timing import Timing
from tests.keeper.provider import Provider, access_token, provider, refresh_token
from tests.keeper.store.given import kept, now
from tests.keeper.store.postgresplace import PostgresPlace
from tests.postgrescluster import Cluster

TIMING = Timing(lease_seconds=2, patience_seconds=30, first_pause_seconds=0.05)
STEPS = ("load", "acquire", "unread", "intend", "append", "swap", "release")


class Shaken:
    """A store before each of whose methods something happens."""

    def __init__(self, store: PostgresStore, happens: Callable[[str], None]) -> None:
        self._store = store
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def done(*args: Any, **given: Any) -> Any:
            self._happens(name)
            return method(*args, **given)

        return done


@pytest.fixture
def plain(tmp_path, cluster: Cluster) -> Iterator[PostgresPlace]:
    """An empty database with the server's own clock."""
    made = PostgresPlace(tmp_path, cluster, "plain")
    yield made
    made.close()


@pytest.fixture
def asked() -> Iterator[Provider]:
    """A strict provider: a refresh token that comes twice ends the session."""
    with provider() as made:
        yield made


def connect(place: PostgresPlace, asked: Provider) -> None:
    """A connection whose token is over."""
    kept(
        place.open("there"),
        "jane",
        setup=Setup("oauth2", asked.base_url, credentials={"client_id": "app"}, rotation="strict"),
        tokens=Tokens("old", expires_at_ms=1, refresh_token=refresh_token("jane")),
        renew_at_ms=1,
    )


def system(place: PostgresPlace, machine: str, patience_seconds: float = 5) -> PostgresStore:
    """A store with the machine's own clocks."""
    place.clock = None  # type: ignore[assignment]
    return place.open(machine, patience_seconds)


def test_a_server_that_restarts_before_every_step(plain, asked):
    """One call, one token, and it is the stored one."""
    connect(plain, asked)
    seen: list[str] = []

    def restart(name: str) -> None:
        if name in STEPS:
            seen.append(name)
            plain.cluster.stop()
            plain.cluster.start()

    with Keeper(Shaken(system(plain, "here"), restart), timing=TIMING) as keeper:
        assert keeper.token("jane") == access_token("jane", 1)
    assert set(seen) == set(STEPS)
    assert len(asked.calls) == 1
    assert now(plain.open("there"), "jane").tokens.refresh_token == refresh_token("jane", 1)


@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_goes_away_at_a_step(plain, asked, step):
    """Whatever the caller was told: when the server is back, both machines have a token, of one call."""
    connect(plain, asked)
    happened: list[str] = []

    def stop(name: str) -> None:
        if name == step and not happened:
            happened.append(name)
            plain.cluster.stop()

    there = Keeper(system(plain, "there"), timing=TIMING)
    with Keeper(Shaken(system(plain, "here", 0.2), stop), timing=TIMING) as here:
        try:
            with contextlib.suppress(RemintError):
                assert here.token("jane") == access_token("jane", 1)
                assert step in ("append", "swap", "release")
        finally:
            plain.cluster.start()
        assert there.token("jane") == access_token("jane", 1)
        assert here.token("jane") == access_token("jane", 1)
    there.close()
    assert happened == [step]
    assert len(asked.calls) == 1
    assert asked.revoked == set()
