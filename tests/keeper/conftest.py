"""Both kinds of keeper, for the tests that are the same for both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from tests.keeper.counter import Desk
from tests.keeper.provider import (
    provider,
)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(kind: str) -> Iterator[Desk]:
    with provider(rotation="grace") as made, contextlib.ExitStack() as stack:
        desk = Desk(kind, made)
        if kind == "async":
            desk.runner = stack.enter_context(asyncio.Runner())
        desk.open()
        desk.hold()
        yield desk
        if desk.keeper is not None:
            desk.run("close")
