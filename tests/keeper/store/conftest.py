"""The stores that the contract suite runs over.

Another engine joins by a class like ``SQLitePlace`` and its name in ``STORES``: no case is written twice.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remint.keeper.store.protocols import ConnectionStore
from remint.keeper.store.sqlite import SQLiteStore
from tests.keeper.store.places import MemoryPlace, SQLitePlace
from tests.keeper.store.postgresplace import PostgresPlace, with_settime
from tests.postgrescluster import Cluster

Place = MemoryPlace | SQLitePlace | PostgresPlace

STORES: dict[str, Callable[..., Place]] = {
    "memory": MemoryPlace,
    "sqlite": SQLitePlace,
    "postgres": PostgresPlace,
}


@pytest.fixture(scope="session")
def cluster(postgres_cluster: Cluster) -> Cluster:
    """A PostgreSQL of our own, with a database whose time is set."""
    return with_settime(postgres_cluster)


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty store of each engine."""
    needed = [request.getfixturevalue("cluster")] if request.param == "postgres" else []
    made = STORES[request.param](tmp_path, *needed)
    yield made
    made.close()


@pytest.fixture
def store(place: Place) -> ConnectionStore:
    """That store, as one process has it open."""
    return place.open()


@pytest.fixture
def another(place: Place, store: ConnectionStore) -> ConnectionStore:
    """The same, as another process has it open."""
    return place.open()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where the machine has one: for what is written too often to wait for a disk."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="remint-", dir=shared) as folder:
        yield Path(folder)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[SQLitePlace]:
    """An empty SQLite store."""
    made = SQLitePlace(tmp_path)
    yield made
    made.close()


@pytest.fixture
def sqlite(directory: SQLitePlace) -> SQLiteStore:
    """That store, as one process has it open."""
    return directory.open()
