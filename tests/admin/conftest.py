"""A furnished installation, and a server on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remint.issuer.settings import Settings
from tests.admin.world import World, furnish
from tests.servers import RunningServer, serving


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One of everything."""
    return furnish(Settings(data_dir=tmp_path_factory.mktemp("admin") / "data"))


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[RunningServer]:
    """A server on it, whose log has no fault of ours at the end."""
    with serving(world.settings) as running:
        yield running
        assert not [line for line in running.log() if line["event"] == "fault"]
