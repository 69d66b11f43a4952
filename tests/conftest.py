"""What every test shares: how Hypothesis runs, and the parts that a machine may lack."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

from tests.postgrescluster import Cluster

# No deadline: two shared cores make a slow example say nothing. The blob replays a failure.
hypothesis.settings.register_profile("remint", deadline=None, print_blob=True)
# `make test ARGS=--hypothesis-profile=thorough` looks longer.
hypothesis.settings.register_profile(
    "thorough", deadline=None, print_blob=True, max_examples=10_000
)
hypothesis.settings.load_profile("remint")

CI = os.environ.get("CI") == "true"


def lacking(what: str) -> NoReturn:
    """Skips the test for want of a part of the machine; under CI that is a failure."""
    if CI:
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


def _postgres_folder() -> Path | None:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    return max(folders, default=None)


@pytest.fixture(scope="session")
def postgres_folder() -> Path:
    """The folder of PostgreSQL's programs (``initdb``, ``pg_ctl``)."""
    if folder := _postgres_folder():
        return folder
    lacking("PostgreSQL")


@pytest.fixture(scope="session")
def postgres_cluster(postgres_folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL server of our own."""
    made = Cluster(postgres_folder)
    yield made
    made.close()
