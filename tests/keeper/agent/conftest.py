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
