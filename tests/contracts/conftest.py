"""A real server on a real port for every test here, and a workspace on its data directory.

What a request looks like is decided before storage is asked, so on PostgreSQL a twelfth of the tests is run,
the same ones each time. ``REMINT_TEST_CONTRACTS=whole make test ARGS=tests/contracts`` runs all of them
there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.contracts.wire import Wire
from tests.contracts.workspace import Workspace
from tests.servers import RunningServer, serving

PATIENCE_SECONDS = 2
PASSWORD_ATTEMPTS = 5
PART = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that asks a server, on each engine."""
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", ["sqlite", "postgres"], indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves most of PostgreSQL's out."""
    if os.environ.get("REMINT_TEST_CONTRACTS") == "whole":
        return
    items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    is_ours = Path(__file__).parent in item.path.parents
    return is_ours and "postgres" in item.name and crc32(item.nodeid.encode()) % PART != 0


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The server, with little patience for slow bodies and for guessed passwords."""
    address = ""
    if getattr(request, "param", "sqlite") == "postgres":
        cluster = request.getfixturevalue("postgres_cluster")
        cluster.create("contracts")
        address = cluster.url("contracts")
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("contracts") / "data",
        database=address,
        receive_timeout_seconds=PATIENCE_SECONDS,
        password_attempts=PASSWORD_ATTEMPTS,
        # All of the tests come from one address.
        password_attempts_per_address=1_000_000,
    )
    with serving(settings) as running:
        yield running
    if address:
        cluster.drop("contracts")


@pytest.fixture(scope="session")
def wire(server: RunningServer) -> Wire:
    """The way to the server."""
    return Wire(server.port)


@pytest.fixture(scope="session")
def workspace(server: RunningServer) -> Iterator[Workspace]:
    """What the server serves."""
    installation = Installation(server.settings, environ={})
    yield Workspace(installation)
    installation.close()
