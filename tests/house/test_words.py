"""No place of one machine, no download host, and in the source no work left undone."""

from __future__ import annotations

import pytest

from tests.house.tree import File, report, tracked
from tests.house.words import download_hosts, machine_paths, work_undone


def test_no_path_of_one_machine():
    """Nothing tracked names an absolute path of a developer's machine."""
    problems = machine_paths(tracked())
    assert not problems, report(problems)


def test_no_download_host():
    """Nothing tracked says which host packages come from."""
    problems = download_hosts(tracked())
    assert not problems, report(problems)


def test_no_work_left_undone():
    """The source has no notes to self, no stubs, and hides nothing from coverage."""
    problems = work_undone(tracked("src"))
    assert not problems, report(problems)


@pytest.mark.parametrize("folder", ["work", "root", "farm"])
def test_a_machine_path_is_found(folder):
    """A path of one machine is reported with its line; a path that merely contains the word is not."""
    bad = File("a.md", f"fine\nsee /{folder}/main/x.py\n")
    assert [problem.line for problem in machine_paths([bad])] == [2]
    assert machine_paths([File("a.md", f"see docs/{folder}/x and ~/{folder}/y")]) == []


@pytest.mark.parametrize(
    "line",
    [
        '"res' + 'olved": "somewhere"',
        "--index" + "-url somewhere",
        "--extra-index" + "-url somewhere",
        "--find" + "-links somewhere",
        "https://example.org/a-1.0-py3-none-any." + "whl",
        "https://example.org/a-1.0.tar." + "gz#sha256=00",
        "see py" + "pi.org",
        "registry.npm" + "js.org/a",
    ],
)
def test_a_download_host_is_found(line):
    """Each way of saying where to download from is reported."""
    assert len(download_hosts([File("a.txt", f"\n{line}\n")])) == 1


@pytest.mark.parametrize(
    "line", ["--no-emit-index-url", "see https://example.org/a.html", "the issue is resolved"]
)
def test_what_names_no_download_host_passes(line):
    """Ordinary lines that look alike are left alone."""
    assert download_hosts([File("a.txt", line)]) == []


@pytest.mark.parametrize(
    "word", ["TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented" + "Error"]
)
def test_work_undone_is_found(word):
    """A note to self is reported; ``NotImplemented``, which operators return, is not."""
    assert len(work_undone([File("a.py", f"# {word}: later\n")])) == 1
    assert work_undone([File("a.py", "return NotImplemented\n")]) == []
