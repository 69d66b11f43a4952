"""An installation with a clock that a test sets, and the first account in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from remint.issuer.actor import Actor
from remint.issuer.installation import Installation
from remint.issuer.people.accounts import create_account
from remint.issuer.settings import Settings
from remint.secret import Secret
from remint.store.peoplerecords import Account
from remint.store.protocols import AuditEvent
from remint.store.records import Workspace
from tests.store.stores import SetClock

PASSWORD = "correct horse battery"
BY_ADA = Actor("ada@example.com", "192.0.2.1")


def opened(directory: Path, clock: SetClock) -> Installation:
    """The installation of that directory, made if need be."""
    return Installation(Settings(data_dir=directory), clock=clock, environ={})


@pytest.fixture(scope="session")
def unused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation without anything in it: copying it is quicker than making one."""
    directory: Path = tmp_path_factory.mktemp("unused") / "data"
    opened(directory, SetClock()).close()
    return directory


@pytest.fixture
def clock() -> SetClock:
    """The installation's clock."""
    return SetClock()


@pytest.fixture
def installation(tmp_path: Path, unused: Path, clock: SetClock) -> Iterator[Installation]:
    """An installation of the test's own."""
    shutil.copytree(unused, tmp_path / "data")
    made = opened(tmp_path / "data", clock)
    yield made
    made.close()


@pytest.fixture
def workspace(installation: Installation) -> Workspace:
    """A production workspace."""
    return installation.workspaces.ensure("acme")


@pytest.fixture
def ada(installation: Installation) -> Account:
    """An operator, who logs in by ``PASSWORD``."""
    return account(installation, "ada@example.com", "Ada", operator=True)


def account(
    installation: Installation, email: str, name: str, *, operator: bool = False
) -> Account:
    """An account whose password is ``PASSWORD``."""
    return create_account(
        installation, email, name, Secret(PASSWORD), operator=operator, actor=BY_ADA
    )


def trail(installation: Installation) -> list[AuditEvent]:
    """What the audit trail has, newest first."""
    return [event for _, event in installation.trail.search(limit=1000)]


def told(installation: Installation) -> list[str]:
    """The names of the events in the audit trail, oldest first."""
    return [event.event for event in reversed(trail(installation))]
