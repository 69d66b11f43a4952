"""Every dependency has a reason: ``pyproject.toml`` against the tables of ``docs/dependencies.md``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.house.tree import File, Problem

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_ROW = re.compile(r"\|\s*([A-Za-z0-9._-]+)\s*\|\s*(.*?)\s*\|$")
_PIN = re.compile(r"([a-z0-9-]+)==\S+")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(pyproject: dict[str, Any]) -> Iterator[str]:
    """Each name that ``pyproject.toml`` depends on, extras and groups included."""
    project = pyproject["project"]
    groups = [
        project.get("dependencies", []),
        *project.get("optional-dependencies", {}).values(),
        *pyproject.get("dependency-groups", {}).values(),
    ]
    for requirement in (requirement for group in groups for requirement in group):
        yield _normal(_NAME.match(requirement)[0])  # type: ignore[index]


def undeclared_or_unexplained(pyproject: File, page: File) -> list[Problem]:
    """Dependencies without a row, rows without a reason, and rows without a dependency."""
    names = set(declared(tomllib.loads(pyproject.text)))
    rows = {
        _normal(found[1]): (number, found[2])
        for number, line in enumerate(page.lines, 1)
        if (found := _ROW.match(line)) and found[1] not in {"package", "---"}
    }
    problems = [page.problem(1, f"{name} has no row") for name in sorted(names - rows.keys())]
    for name, (number, reason) in rows.items():
        if name not in names:
            problems.append(page.problem(number, f"{name} is not in pyproject.toml"))
        elif not reason:
            problems.append(page.problem(number, f"{name} has no reason"))
    return problems


def unhashed(lock: File) -> list[Problem]:
    """Pins of a lock that carry no hash, and lines that are no pin."""
    problems = []
    for number, line in enumerate(lock.lines, 1):
        follows = lock.lines[number] if number < len(lock.lines) else ""
        if line.startswith(("#", "    --hash=sha256:")):
            continue
        if not _PIN.match(line):
            problems.append(lock.problem(number, f"no pin: {line}"))
        elif "--hash=sha256:" not in follows:
            problems.append(lock.problem(number, f"no hash: {line}"))
    return problems


def unlocked(pyproject: File, locks: list[File]) -> list[Problem]:
    """Dependencies that no lock pins: ``make lock`` was forgotten."""
    pinned = {found[1] for lock in locks for line in lock.lines if (found := _PIN.match(line))}
    missing = sorted(set(declared(tomllib.loads(pyproject.text))) - pinned)
    return [pyproject.problem(1, f"{name} is in no lock; run make lock") for name in missing]
