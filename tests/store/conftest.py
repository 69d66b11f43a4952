"""The stores that the contract suite runs over, and a clock that a test sets.

Another engine joins by a class like ``SQLiteStore`` and its name in ``STORES``: no case is written twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgrescluster import Cluster
from tests.store.postgresstore import PostgresStore, make_template
from tests.store.stores import SQLiteStore, Store

STORES = ("sqlite", "postgres", "shards")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite store without anything in it: copying it is quicker than migrating again."""
    directory: Path = tmp_path_factory.mktemp("empty") / "data"
    SQLiteStore(directory).close()
    return directory


@pytest.fixture(scope="session")
def cluster(postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A PostgreSQL of our own, with a database to copy."""
    make_template(postgres_cluster, tmp_path_factory.mktemp("template"))
    return postgres_cluster


@pytest.fixture
def sqlite_store(tmp_path: Path, empty: Path) -> Iterator[SQLiteStore]:
    """An empty store of SQLite's, for what only that engine has."""
    shutil.copytree(empty, tmp_path / "data")
    made = SQLiteStore(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def postgres_store(tmp_path: Path, cluster: Cluster) -> Iterator[PostgresStore]:
    """An empty store of PostgreSQL's, for what only that engine has."""
    made = PostgresStore(cluster, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture(params=["postgres", "shards"])
def pg(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[PostgresStore]:
    """An empty store of PostgreSQL's, and the same as an engine with shards wants it."""
    made = PostgresStore(cluster, tmp_path / "data", is_spread=request.param == "shards")
    yield made
    made.close()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each engine; ``shards`` is PostgreSQL as an engine with shards wants it."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    cluster = request.getfixturevalue("cluster")
    made = PostgresStore(cluster, tmp_path / "data", is_spread=request.param == "shards")
    yield made
    made.close()
