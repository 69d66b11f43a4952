"""The public surface of ``remint`` is exactly this list, and costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import remint
from tests.house.tree import ROOT

SURFACE = [
    "Access",
    "AccessToken",
    "AsyncKeeper",
    "ConfigurationError",
    "Conflict",
    "ConnectionDead",
    "Dialect",
    "DialectError",
    "Event",
    "Keeper",
    "KeyRingError",
    "NotFound",
    "Refusal",
    "RemintError",
    "RenewalDelayed",
    "RootKeyError",
    "Scheduler",
    "Secret",
    "Status",
    "StoreError",
    "StoreUnavailable",
    "Timing",
    "TokenAnswer",
    "TokenRequest",
    "UnknownConnection",
    "VaultError",
    "__version__",
]


def test_the_surface_is_the_list():
    """``__all__`` holds the public names and no other."""
    assert sorted(remint.__all__) == SURFACE
    assert dir(remint) == SURFACE


def test_every_public_name_is_there():
    """Each name can be had, and knows itself by that name."""
    for name in SURFACE:
        assert getattr(getattr(remint, name), "__name__", name) == name


def test_no_other_name_is_there():
    """Asking for anything else is an ``AttributeError`` that names it."""
    assert not hasattr(remint, "Nonsense")


def test_the_type_checker_sees_the_same_names():
    """What is loaded late is also imported for type checkers, from the same place."""
    text = (ROOT / "src/remint/__init__.py").read_text()
    for name, home in remint._HOME.items():
        assert f"    from {home} import {name} as {name}\n" in text


def test_an_import_is_light():
    """``import remint`` loads none of the dependencies, nor any module of ours."""
    code = "import sys; before = set(sys.modules); import remint; print(*set(sys.modules) - before)"
    run = [sys.executable, "-I", "-c", code]
    # Without the environment, by which coverage would come along.
    done = subprocess.run(run, env={}, capture_output=True, check=True, text=True)
    loaded = done.stdout.split()
    assert sorted(loaded) == ["__future__", "remint"]


def test_the_version_is_the_package_s():
    """``remint.__version__`` is the version that ``pyproject.toml`` gives the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert remint.__version__ == project["version"]


def test_the_package_is_typed():
    """The marker that tells type checkers to read our annotations is shipped."""
    assert (ROOT / "src/remint/py.typed").is_file()
