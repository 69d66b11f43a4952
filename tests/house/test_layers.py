"""Arrows between the layers run downward only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LINT = Path(sys.executable).with_name("lint-imports")


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    """The import contract, kept or broken, over the package ``remint`` that lies in ``source``."""
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "100"},
        capture_output=True,
        text=True,
    )


def package(source: Path, **modules: str) -> Path:
    """A small ``remint`` with every layer; ``modules`` gives the text of some (``grant="…"``)."""
    root = source / "remint"
    for layer in ("cli", "issuer", "keeper", "store", "token", "grant", "dialect"):
        (root / layer).mkdir(parents=True)
        (root / layer / "__init__.py").write_text(modules.pop(layer, ""))
    for module in ("__init__", "errors", "secret", "clock", *modules):
        (root / f"{module}.py").write_text(modules.get(module, ""))
    return source


def test_the_layers_hold():
    """No layer imports one above it; the rules and the codecs import no I/O."""
    done = lint_imports(ROOT / "src")
    assert done.returncode == 0, done.stdout


def test_downward_arrows_pass(tmp_path):
    """A layer may use any layer below it."""
    source = package(tmp_path, issuer="import remint.store\nimport remint.errors\nimport sqlite3\n")
    assert lint_imports(source).returncode == 0


@pytest.mark.parametrize(
    "modules, said",
    [
        ({"grant": "import remint.store"}, "remint.grant -> remint.store"),
        ({"store": "from remint.issuer import x"}, "remint.store -> remint.issuer"),
        ({"issuer": "import remint.keeper"}, "remint.issuer -> remint.keeper"),
        ({"keeper": "import remint.issuer"}, "remint.keeper -> remint.issuer"),
        ({"grant": "import remint.dialect"}, "remint.grant -> remint.dialect"),
        ({"grant": "def f():\n    import time"}, "remint.grant -> time"),
        ({"dialect": "import sqlite3"}, "remint.dialect -> sqlite3"),
        ({"stray": ""}, "stray"),
    ],
)
def test_an_upward_arrow_is_found(tmp_path, modules, said):
    """An arrow upward or sideways, I/O in the rules, and a module of no layer are each named."""
    done = lint_imports(package(tmp_path, **modules))
    assert done.returncode == 1
    assert said in done.stdout
