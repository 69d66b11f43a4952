"""A store, agents over it, and a provider, for each test."""

from __future__ import annotations

import pytest

from tests.keeper import provider as providers
from tests.keeper.agent.agents import stage as make_stage


@pytest.fixture
def stage(tmp_path):
    """A store in a folder of its own, and the means to start agents."""
    with make_stage(tmp_path) as made:
        yield made


@pytest.fixture
def provider():
    """A provider that renews at once."""
    with providers.provider() as made:
        yield made


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """An agent over a store with the connection ``acme``, for tests that leave both as they are."""
    with (
        make_stage(tmp_path_factory.mktemp("agent")) as stage,
        providers.provider() as provider,
    ):
        stage.connect(provider, "acme")
        made = stage.start()
        yield made
        assert made.stop() == 0
