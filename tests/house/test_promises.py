"""Every promise has a test that carries its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.house.tree import File, tracked

PROMISES = [f"I{number}" for number in range(1, 8)] + [f"K{number}" for number in range(1, 7)]


def without_a_test(promises: Sequence[str], files: Sequence[File]) -> list[str]:
    """The promises for which there is no function ``test_<promise>_…``."""
    names = [
        function.name
        for file in files
        if re.search(r"test_[IK]\d_", file.text)
        for function in file.functions()
    ]
    return [name for name in promises if not any(f.startswith(f"test_{name}_") for f in names)]


def test_every_promise_has_its_test():
    """I1 to I7 and K1 to K6 are each tested by name."""
    missing = without_a_test(PROMISES, tracked("tests/*.py"))
    assert not missing, f"no test is called test_{missing[0]}_…"


def test_a_promise_without_a_test_is_found():
    """A promise counts as tested by a function of its name, not by the mention of one."""
    files = [File("tests/test_a.py", "def test_I1_x(): ...\n# test_I2_x\ndef test_I10_x(): ...\n")]
    assert without_a_test(["I1", "I2"], files) == ["I2"]
