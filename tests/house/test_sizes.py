"""Half the files under 150 lines, none over 400; half the functions under 10, none over 70."""

from __future__ import annotations

from tests.house.sizes import (
    files_too_long_by_half,
    functions_too_long_by_half,
    long_files,
    long_functions,
)
from tests.house.tree import File, report, tracked


def test_no_file_is_long():
    """No Python file, tests and benches included, is over 400 lines."""
    problems = long_files(tracked("*.py"))
    assert not problems, report(problems)


def test_no_function_is_long():
    """No function, in tests and benches too, is over 70 lines."""
    problems = long_functions(tracked("*.py"))
    assert not problems, report(problems)


def test_half_of_the_files_are_small():
    """Half of the source files are under 150 lines."""
    problems = files_too_long_by_half(tracked("src/*.py"))
    assert not problems, report(problems)


def test_half_of_the_functions_are_small():
    """Half of the functions in the source are under 10 lines."""
    problems = functions_too_long_by_half(tracked("src/*.py"))
    assert not problems, report(problems)


def function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    x = 1\n" * (lines - 1)


def test_a_long_file_is_named():
    """A file of 401 lines is reported, one of 400 is not."""
    files = [File("a.py", "x = 1\n" * 400), File("b.py", "x = 1\n" * 401)]
    assert [str(problem) for problem in long_files(files)] == ["b.py:401: 401 lines; at most 400"]


def test_a_long_function_is_named_with_its_line():
    """A function of 71 lines is reported where it starts, one of 70 is not."""
    file = File("a.py", function("good", 70) + function("bad", 71))
    assert [str(problem) for problem in long_functions([file])] == [
        "a.py:71: bad: 71 lines; at most 70"
    ]


def test_files_that_outweigh_the_small_ones_are_named():
    """Two of three files at 150 lines are one too many; one of two is not."""
    small, big = File("s.py", "x = 1\n" * 149), File("b.py", "x = 1\n" * 150)
    assert files_too_long_by_half([small, big]) == []
    assert [problem.path for problem in files_too_long_by_half([small, big, big])] == ["b.py"] * 2


def test_functions_that_outweigh_the_small_ones_are_named():
    """Two of three functions at 10 lines are one too many; a docstring does not count."""
    told = 'def told():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * 8
    small = File("s.py", function("small", 9) + told)
    big = File("b.py", function("long_one", 10) + function("long_two", 11) + function("three", 10))
    assert functions_too_long_by_half([small]) == []
    names = [problem.text.split(":")[0] for problem in functions_too_long_by_half([small, big])]
    assert names == ["long_two", "long_one", "three"]
