"""An estate for each test, and one zygote for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.promises.estate import Estate
from tests.promises.server import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """What servers are forked from."""
    made = Zygote()
    yield made
    made.close()


@pytest.fixture
def make_estate(zygote: Zygote, tmp_path: Path) -> Iterator[Callable[..., Estate]]:
    """``make_estate(**settings)``: an estate whose server is gone when the test is over."""
    made: list[Estate] = []

    def make(**settings: Any) -> Estate:
        folder = tmp_path / f"estate-{len(made)}"
        folder.mkdir()
        made.append(Estate(folder, zygote, **settings))
        return made[-1]

    yield make
    for estate in made:
        estate.server.kill()


@pytest.fixture
def estate(make_estate: Callable[..., Estate]) -> Estate:
    """An estate with the default settings."""
    return make_estate()
