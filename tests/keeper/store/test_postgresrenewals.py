"""Whole renewals, by keepers on two machines, while the server restarts or goes away at each step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from remint.clock import SystemClock
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
        if not callable(method):
            return method

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


class WrongClock(SystemClock):
    """The clock of a machine that nobody has set for long."""

    def __init__(self, ahead_ms: int) -> None:
        self._ahead_ms = ahead_ms

    def now_ms(self) -> int:
        """Not what it is."""
        return super().now_ms() + self._ahead_ms


@pytest.mark.parametrize("ahead_ms", [-600_000, 600_000], ids=["behind", "ahead"])
def test_a_machine_whose_clock_is_wrong(plain, asked, ahead_ms):
    """By ten minutes, where tokens live for five: all go by the server's, and agree on when a token ends."""
    connect(plain, asked)
    asked.lifetime_seconds = 300
    for number, clocks in enumerate((WrongClock(ahead_ms), None), 1):
        plain.clock = clocks
        first = plain.open("first")
        plain.clock = None if clocks else WrongClock(ahead_ms)
        second = plain.open("second")
        with Keeper(first, timing=TIMING) as one, Keeper(second, timing=TIMING) as other:
            assert one.renew("jane") == access_token("jane", number)
            assert other.token("jane") == access_token("jane", number)
            ends_ms = one.token("jane").expires_at_ms
            assert other.token("jane").expires_at_ms == ends_ms
            assert ends_ms is not None
            assert abs(ends_ms - SystemClock().now_ms() - 300_000) < 60_000
            assert [store.due(store.clock.now_ms(), 1) for store in (first, second)] == [[], []]
            limit = (f"provider {number}", 1, 60)
            assert first.charge(*limit, first.clock.now_ms()) == 0
            # They differ by as long as an answer of the server takes.
            assert 50_000 < second.charge(*limit, second.clock.now_ms()) < 61_000
    assert len(asked.calls) == 2
