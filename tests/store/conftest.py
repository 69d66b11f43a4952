"""The stores that the contract suite runs over, and a clock that a test sets.

Another engine joins by a class like ``SQLiteStore`` and its name in ``STORES``: no case is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.store.stores import SQLiteStore

STORES: dict[str, Callable[[Path], SQLiteStore]] = {"sqlite": SQLiteStore}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLiteStore]:
    """An empty store of each engine."""
    made = STORES[request.param](tmp_path / "data")
    yield made
    made.close()
