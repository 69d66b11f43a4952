"""The stores that the contract suite runs over, and a clock that a test sets.

Another engine joins by a class like ``SQLiteStore`` and its name in ``STORES``: no case is written twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.store.stores import SQLiteStore

STORES: dict[str, Callable[[Path], SQLiteStore]] = {"sqlite": SQLiteStore}


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite store without anything in it: copying it is quicker than migrating again."""
    directory: Path = tmp_path_factory.mktemp("empty") / "data"
    SQLiteStore(directory).close()
    return directory


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path, empty: Path) -> Iterator[SQLiteStore]:
    """An empty store of each engine."""
    shutil.copytree(empty, tmp_path / "data")
    made = STORES[request.param](tmp_path / "data")
    yield made
    made.close()
