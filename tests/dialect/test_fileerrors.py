"""Broken dialect files: each error names the file, the line, the key, and what would do."""

from __future__ import annotations

import pytest

from remint.dialect import check, load
from remint.errors import DialectError
from tests.dialect.broken import FILES, GOOD, broken
from tests.dialect.brokendates import BROKEN
from tests.dialect.brokenfields import FIELDS
from tests.dialect.brokensigned import CALLED

TABLE = FILES | FIELDS | CALLED | BROKEN


@pytest.mark.parametrize("case", TABLE)
def test_a_broken_file_is_refused_with_its_line(tmp_path, case):
    """FILE:LINE: KEY: MESSAGE (expected EXPECTATION)."""
    text, line, key, message, expected = TABLE[case]
    file = tmp_path / "vendor.toml"
    file.write_text(text)
    with pytest.raises(DialectError) as caught:
        load(file)
    error = caught.value
    assert (error.file, error.line, error.key) == (file, line, key)
    assert message in error.message
    assert error.expected
    assert expected in error.expected
    assert str(error).startswith(f"{file}:{line}: ")
    assert [str(each) for each in check(file)] == [str(error)]


SHARED = """\
name = "vendor"
[request]
grant_type = { in = "json" }
[call.refresh_token]
path = "/token"
request.refresh_token = { in = "json" }
[call.password]
path = "/token"
request.username = { in = "json" }
[answer]
fields.access_token = {}
"""


@pytest.mark.parametrize(
    "more, line, message",
    [
        ('request.grant_type = { in = "query" }', 10, "travels elsewhere than that of call.refr"),
        (
            'request.grant_type = { in = "json", value = "refresh_token" }',
            10,
            "is the same as that",
        ),
        ('aliases = ["/t"]', 7, "shares an address with call.refresh_token"),
        ("answer.status = 201", 7, "shares an address with call.refresh_token"),
    ],
)
def test_calls_at_one_address_agree(tmp_path, more, line, message):
    """They are told apart by their grant types and answer alike."""
    file = tmp_path / "vendor.toml"
    file.write_text(SHARED)
    assert check(file) == []
    file.write_text(SHARED.replace("[answer]", f"{more}\n[answer]"))
    with pytest.raises(DialectError, match=message) as caught:
        load(file)
    assert caught.value.line == line


def test_a_call_that_its_endpoint_does_not_understand_is_found(tmp_path):
    """``check`` tries the file out: here the client's id goes where the body's type goes already."""
    file = tmp_path / "vendor.toml"
    file.write_text(GOOD)
    assert check(file) == []
    file.write_text(broken("X-Client", "Content-Type"))
    (problem,) = check(file)
    assert (problem.file, problem.line, problem.key) == (file, 5, "call.refresh_token")
    assert "a sample does not come through" in problem.message
