"""Names that say something, docstrings, no prints, no asserts on input, no time or randomness taken."""

from __future__ import annotations

import pytest

from tests.house.code import asserts, prints, takes_time_or_randomness, undocumented, vague_names
from tests.house.tree import File, report, tracked

PURE = ("src/remint/grant/*.py", "src/remint/dialect/*.py")


def test_no_module_is_called_by_a_name_that_says_nothing():
    """There is no ``helpers`` and no ``utils``, in tests and benches neither."""
    problems = vague_names(tracked("*.py"))
    assert not problems, report(problems)


def test_what_is_public_is_documented():
    """Each public module, class and function has a docstring."""
    problems = undocumented(tracked("src/*.py"))
    assert not problems, report(problems)


def test_only_the_command_prints():
    """Outside of the command line nothing prints."""
    problems = prints([file for file in tracked("src/*.py") if not file.under("src/remint/cli/")])
    assert not problems, report(problems)


def test_assert_is_no_check_of_input():
    """An assert in the source narrows a type, or names a programmer's mistake where no input is met."""
    problems = asserts(tracked("src/*.py"))
    assert not problems, report(problems)


def test_rules_and_codecs_take_neither_time_nor_randomness():
    """The grant rules and the dialects get both as arguments."""
    problems = takes_time_or_randomness(tracked(*PURE))
    assert not problems, report(problems)


@pytest.mark.parametrize("path", ["src/remint/utils.py", "src/remint/helpers/x.py", "_util.py"])
def test_a_vague_name_is_found(path):
    """A vague module or package is reported, with or without an underscore."""
    assert len(vague_names([File(path, "")])) == 1


def test_an_undocumented_name_is_found():
    """Module, class and function are each reported; what is private is not."""
    bad = File("src/a.py", "class A:\n    x = 1\ndef f(): ...\ndef _g(): ...\n")
    found = [(problem.line, problem.text.split()[0]) for problem in undocumented([bad])]
    assert found == [(1, "the"), (1, "A"), (3, "f")]
    assert undocumented([File("src/_a.py", bad.text), File("src/__init__.py", "")]) == []


def test_a_print_is_found():
    """A call of ``print`` is reported; a method of that name is not."""
    assert [problem.line for problem in prints([File("a.py", "x = 1\nprint(x)\n")])] == [2]
    assert prints([File("a.py", "console.print(1)\n")]) == []


@pytest.mark.parametrize("test", ["x > 1", "x", "x is None", "check(x)", "x is not None and x > 1"])
def test_an_assert_that_checks_is_found(test):
    """An assert that could fail on input is reported."""
    assert len(asserts([File("a.py", f"assert {test}\n")])) == 1


def test_an_assert_with_a_message_passes_where_no_input_is_met():
    """A programmer's mistake may be asserted in the rules, never in what meets input."""
    code = "assert x > 1, 'x is counted from two'\n"
    assert asserts([File("src/remint/token/a.py", code)]) == []
    assert len(asserts([File("src/remint/issuer/a.py", code)])) == 1


@pytest.mark.parametrize("test", ["isinstance(x, int)", "x is not None"])
def test_an_assert_that_narrows_passes(test):
    """An assert that tells the type checker something passes."""
    assert asserts([File("a.py", f"assert {test}\n")]) == []


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "import random",
        "from secrets import token_bytes",
        "from time import time_ns",
        "from os import urandom",
        "import os\nos.urandom(8)",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now(tz)",
        "import uuid\nuuid.uuid4()",
        "def f():\n    import random as r\n    r.random()",
    ],
)
def test_time_or_randomness_taken_is_found(code):
    """Each way of taking time or randomness is reported once."""
    assert len(takes_time_or_randomness([File("a.py", code)])) == 1


def test_time_passed_in_passes():
    """Arithmetic on dates, and a clock that was passed in, are left alone."""
    code = "from datetime import datetime, timedelta\nclock.now_ms()\ndatetime.fromtimestamp(now)\n"
    assert takes_time_or_randomness([File("a.py", code)]) == []
