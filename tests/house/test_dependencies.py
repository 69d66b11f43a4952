"""The list of dependencies is short, each has its reason, and all are pinned with hashes."""

from __future__ import annotations

import pytest

from tests.house.dependencies import undeclared_or_unexplained, unhashed, unlocked
from tests.house.tree import File, report, tracked

PROJECT = File(
    "pyproject.toml",
    '[project]\ndependencies = ["a_b>=1"]\n[project.optional-dependencies]\nx = ["c[d]>=2; e"]\n',
)


def test_every_dependency_has_its_reason():
    """``docs/dependencies.md`` has a row with a reason for each dependency, and no other row."""
    [pyproject], [page] = tracked("pyproject.toml"), tracked("docs/dependencies.md")
    problems = undeclared_or_unexplained(pyproject, page)
    assert not problems, report(problems)


def test_every_pin_has_its_hash():
    """The locks hold pins and hashes, and nothing else."""
    locks = tracked("requirements/*.txt")
    assert locks
    problems = [problem for lock in locks for problem in unhashed(lock)]
    assert not problems, report(problems)


def test_every_dependency_is_locked():
    """What ``pyproject.toml`` names is in a lock."""
    [pyproject] = tracked("pyproject.toml")
    problems = unlocked(pyproject, tracked("requirements/*.txt"))
    assert not problems, report(problems)


@pytest.mark.parametrize(
    "rows, said",
    [
        ("| a-b | why |\n", "c has no row"),
        ("| a-b | why |\n| c | |\n", "c has no reason"),
        ("| a-b | why |\n| c | why |\n| z | why |\n", "z is not in pyproject.toml"),
    ],
)
def test_a_dependency_without_a_reason_is_found(rows, said):
    """A missing row, an empty reason and a row too many are each reported."""
    page = File("page.md", "| package | reason |\n| --- | --- |\n" + rows)
    assert [problem.text for problem in undeclared_or_unexplained(PROJECT, page)] == [said]


def test_a_pin_without_a_hash_is_found():
    """A pin whose next line is no hash is reported, as is a line that is no pin."""
    lock = File("lock.txt", "# made\na==1 \\\n    --hash=sha256:00\nb==2\nc>=3\n")
    assert [str(problem) for problem in unhashed(lock)] == [
        "lock.txt:4: no hash: b==2",
        "lock.txt:5: no pin: c>=3",
    ]


def test_a_dependency_in_no_lock_is_found():
    """A dependency that was added without ``make lock`` is reported."""
    problems = unlocked(PROJECT, [File("lock.txt", "a-b==1 \\\n")])
    assert [problem.text for problem in problems] == ["c is in no lock; run make lock"]
