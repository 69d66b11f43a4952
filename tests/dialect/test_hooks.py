"""Hooks: Python that a file names runs only where it is allowed, and then has its say."""

from __future__ import annotations

import pytest

from remint.dialect import TokenRequest, WireAnswer, WireRequest, check, load, load_all
from remint.errors import DialectError
from tests.dialect.exchange import BASE_URL, NOW_MS

FILE = """
name = "hooked"
serve = false
[call.refresh_token]
path = "/token"
hook = "tests.dialect.test_hooks:shout"
answer_hook = "tests.dialect.test_hooks:unwrap"
request.refresh_token = { in = "form" }
request.client_secret = { in = "nowhere" }
[answer.fields]
access_token = {}
"""
NOT_CALLABLE = "x"


def shout(wire, *, request, now_ms, random):
    """Has the last word on a request."""
    headers = [*wire.headers, ("X-Signed", f"{request.client_secret} {now_ms} {random(1).hex()}")]
    return WireRequest(wire.method, wire.url, headers, wire.body.upper())


def unwrap(answer):
    """Has the first word on an answer."""
    return WireAnswer(answer.status, answer.headers, answer.body.strip(b"()"))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "hooked.toml"
    path.write_text(FILE)
    return path


def test_hooks_have_their_say(file):
    """The request leaves as the hook made it, and the answer is read as the hook left it."""
    call = load(file, hooks=True).calls[0]
    request = TokenRequest("refresh_token", refresh_token="r", client_secret="s")
    wire = call.encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    assert wire.body == b"REFRESH_TOKEN=R"
    assert dict(wire.headers)["X-Signed"] == f"s {NOW_MS} 00"
    answer = WireAnswer(200, [], b'({"access_token":"a"})')
    assert call.decode(answer, now_ms=NOW_MS).access_token == "a"


def test_nothing_runs_unasked(file, monkeypatch):
    """Loading, checking and a folder of a stranger's files: each refuses, and imports nothing."""
    monkeypatch.setattr("importlib.import_module", None)
    for attempt in (lambda: load(file), lambda: load_all([file.parent])):
        with pytest.raises(DialectError) as caught:
            attempt()
        assert caught.value.line == 6
        assert caught.value.key == "call.refresh_token.hook"
        assert "hooks=True" in str(caught.value)
    (problem,) = check(file)
    assert "not allowed" in str(problem)


def test_who_allows_gets_them_everywhere(file):
    """The same three, told that the files may be trusted."""
    assert check(file, hooks=True) == []
    assert "hooked" in load_all([file.parent], hooks=True)


@pytest.mark.parametrize(
    "target, words",
    [
        ("tests.dialect.test_hooks", "names no function"),
        ("os;x:y", "names no function"),
        ("tests.dialect.nothing_here:f", "cannot be imported"),
        ("tests.dialect.test_hooks:nothing_here", "has no nothing_here"),
        ("tests.dialect.test_hooks:NOT_CALLABLE", "is no function"),
    ],
)
def test_a_hook_that_is_none_is_named(file, target, words):
    """File, line and what is wrong with it."""
    file.write_text(FILE.replace("tests.dialect.test_hooks:shout", target))
    with pytest.raises(DialectError) as caught:
        load(file, hooks=True)
    assert caught.value.line == 6
    assert words in str(caught.value)
