"""The primary dies under keepers on two machines, at a provider to whom an older token is theft."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
import pytest

from remint.errors import StoreUnavailable
from remint.keeper.connection import Held, Setup, Tokens
from tests.failover.keepers import Report, machine, names, open_store
from tests.failover.pair import Pair
from tests.keeper.provider import Provider, provider, refresh_token
from tests.keeper.store.workers import Worker

CONNECTIONS = 12
_PATIENCE_SECONDS = 60


@pytest.fixture(params=["synchronous", "asynchronous", "behind"])
def mode(request: pytest.FixtureRequest) -> str:
    """A commit waits for the standby; it does not; it does not, and the standby is late."""
    return str(request.param)


@pytest.fixture
def pair(mode: str, postgres_folder: Path) -> Iterator[Pair]:
    """Two servers."""
    made = Pair(postgres_folder, is_synchronous=mode == "synchronous")
    yield made
    made.close()


@pytest.fixture
def strict() -> Iterator[Provider]:
    """Single use; an older token ends the session. Tokens live for a second, so that chains are long."""
    with provider(lifetime_seconds=1, delay_seconds=0.02) as made:
        yield made


def connect(pair: Pair, strict: Provider, folder: Path) -> None:
    """Connections whose tokens are over."""
    with closing(open_store(pair.url, folder)) as store:
        for name in names(CONNECTIONS):
            setup = Setup(
                "oauth2", strict.base_url, credentials={"client_id": "app"}, rotation="strict"
            )
            tokens = Tokens("old", expires_at_ms=1, refresh_token=refresh_token(name))
            assert store.create(Held(f"id-{name}", name, setup, tokens, renew_at_ms=1))


def read_standby(pair: Pair, folder: Path) -> None:
    """By itself it can be read, and says that it gives no leases."""
    with closing(
        open_store(pair.url.replace(f"127.0.0.1:{pair.primary.port},", ""), folder)
    ) as store:
        assert len(store.listing("", CONNECTIONS)) == CONNECTIONS
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.acquire(names(1)[0], "me", 1000)


def wait_for(done: Callable[[], bool]) -> None:
    """Until it is so."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, "the renewals do not go on"
        time.sleep(0.05)


def all_renew(strict: Provider, times: int) -> None:
    """Every connection has been renewed so often since, or is lost."""
    before = dict(strict.newest)
    wait_for(
        lambda: all(
            strict.newest.get(name, 0) >= before.get(name, 0) + times or name in strict.revoked
            for name in names(CONNECTIONS)
        )
    )


def report(worker: Worker) -> Report:
    """It stops, and tells."""
    worker.tell()
    return msgspec.json.decode(worker.said(), type=Report)


def test_keepers_failover(
    mode: str, pair: Pair, strict: Provider, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    """No connection is lost, whatever the standby had received: what it lacks, the machines bring.

    In the last mode a keeper ends before the primary dies, and another is started on its machine after it.
    """
    connect(pair, strict, tmp_path / "first")
    with ExitStack() as stack:
        here, there = (
            stack.enter_context(machine(pair.url, tmp_path / each, CONNECTIONS))
            for each in ("here", "there")
        )
        assert here.said() == there.said() == "ready"
        all_renew(strict, 2)
        read_standby(pair, tmp_path / "first")
        received, reports = dict(strict.newest), []
        if mode == "behind":
            pair.hold_back()
            all_renew(strict, 2)
            reports.append(report(there))
        began = time.monotonic()
        lacking = sum(strict.newest[name] - received[name] for name in received)
        pair.fail_over()
        promoted = time.monotonic()
        if mode == "behind":
            there = stack.enter_context(machine(pair.url, tmp_path / "there", CONNECTIONS))
            assert there.said() == "ready"
        all_renew(strict, 1)
        outage = time.monotonic() - began
        all_renew(strict, 1)
        reports += [report(here), report(there)]
    assert strict.revoked == set()
    assert [each.dead for each in reports if each.dead] == []
    assert len(strict.calls) == strict.renewals
    with closing(open_store(pair.url, tmp_path / "last")) as store:
        for held in store.listing("", CONNECTIONS):
            newest = strict.newest[held.name]
            assert held.tokens.refresh_token == refresh_token(held.name, newest)
    assert mode != "behind" or lacking >= 2 * CONNECTIONS
    told = (
        f"{mode}: {outage:.1f} s until all had renewed, {promoted - began:.1f} s of it for the promotion;"
        f" {lacking} renewals that the standby had not received,"
        f" {sum(each.recovered for each in reports)} recovered; nobody lost"
    )
    record_property("failover", told)
    print(told)
