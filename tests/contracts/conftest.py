"""A real server on a real port for every test here, and a workspace on its data directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.contracts.wire import Wire
from tests.contracts.workspace import Workspace
from tests.servers import RunningServer, serving

PATIENCE_SECONDS = 2
PASSWORD_ATTEMPTS = 5


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server, with little patience for slow bodies and for guessed passwords."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("contracts") / "data",
        receive_timeout_seconds=PATIENCE_SECONDS,
        password_attempts=PASSWORD_ATTEMPTS,
        # All of the tests come from one address.
        password_attempts_per_address=1_000_000,
    )
    with serving(settings) as running:
        yield running


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
