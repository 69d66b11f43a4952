"""An installation's stores: each there when it is asked for, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from remint.issuer import Settings
from remint.issuer.installation import Installation
from remint.issuer.stores import Stores

NAMES = sorted(Stores.__annotations__)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """An empty one."""
    made = Installation(Settings(data_dir=tmp_path_factory.mktemp("data")), environ={})
    yield made
    made.close()


@pytest.mark.parametrize("name", NAMES)
def test_each_store_is_there(installation, name):
    """It is of the class that its annotation names, and the same one every time."""
    store = getattr(installation, name)
    assert type(store).__name__ == Stores.__annotations__[name]
    assert getattr(installation, name) is store


def test_no_other_name_is_there(installation):
    """A name that is none of them is missing, as anywhere."""
    with pytest.raises(AttributeError, match="'Installation' object has no attribute 'account'"):
        _ = installation.account


def test_a_store_needs_its_database():
    """One that is asked for before the database is opened says so, and does not ask itself for ever."""
    with pytest.raises(AttributeError, match="database"):
        _ = Installation.__new__(Installation).ledger


def test_opening_loads_none_of_them(tmp_path):
    """A process that only renews does without the SQL of the console."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from remint.issuer.installation import Installation\n"
        "from remint.issuer.settings import Settings\n"
        "Installation(Settings(data_dir=Path(sys.argv[1])), environ={}).close()\n"
        "print(*sys.modules)\n"
    )
    run = [sys.executable, "-I", "-c", code, tmp_path / "data"]
    done = subprocess.run(run, env={}, capture_output=True, check=True, text=True)
    loaded = set(done.stdout.split())
    assert not loaded & {f"remint.store.{Stores.__annotations__[name].lower()}" for name in NAMES}
