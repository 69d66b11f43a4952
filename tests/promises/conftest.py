"""An estate for each test, and one zygote for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.promises.estate import Estate
from tests.promises.postgresestate import PostgresEstate
from tests.promises.server import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """What servers are forked from."""
    made = Zygote()
    yield made
    made.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """What the data is in: SQLite, but where a test says ``ON_BOTH``."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def make_estate(
    engine: str, request: pytest.FixtureRequest, zygote: Zygote, tmp_path: Path
) -> Iterator[Callable[..., Estate]]:
    """``make_estate(**settings)``: an estate whose server is gone when the test is over."""
    made: list[Estate] = []
    cluster = request.getfixturevalue("postgres_cluster") if engine == "postgres" else None

    def make(**settings: Any) -> Estate:
        folder = tmp_path / f"estate-{len(made)}"
        folder.mkdir()
        if cluster is None:
            made.append(Estate(folder, zygote, **settings))
        else:
            made.append(PostgresEstate(folder, zygote, cluster, **settings))
        return made[-1]

    yield make
    for estate in made:
        estate.close()


@pytest.fixture
def estate(make_estate: Callable[..., Estate]) -> Estate:
    """An estate with the default settings."""
    return make_estate()
