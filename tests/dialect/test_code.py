"""Generated code: readable, made once, and seen in tracebacks."""

from __future__ import annotations

import ast
import traceback

import pytest

from remint.dialect import TokenAnswer, builtin, check
from remint.dialect.code import Code
from remint.dialect.schema import reference
from remint.errors import Refusal
from tests.dialect.exchange import EXAMPLE, endpoint_of, every_dialect
from tests.dialect.malformed import TABLE


def test_a_traceback_shows_the_generated_line():
    """Whoever debugs a dialect sees the code that ran, under the dialect's name."""
    endpoint = endpoint_of(builtin("genlogs"))
    with pytest.raises(Refusal) as caught:
        endpoint.encode(TokenAnswer("a"))
    shown = "".join(traceback.format_exception(caught.value))
    assert "<remint dialect genlogs: POST /auth/token/refresh: encode>" in shown
    assert "raise lacks('access_expires_at')" in shown


def test_generated_code_is_straight_python():
    """One function each, no loop over the file's tables, no line of more than a screen."""
    for dialect in every_dialect():
        texts = [
            text
            for sources in (
                *(endpoint.sources for endpoint in dialect.endpoints),
                *(call.sources for call in dialect.calls),
            )
            for text in sources.values()
        ]
        assert len(texts) == 3 * len(dialect.endpoints) + 2 * len(dialect.calls)
        for text in texts:
            (function,) = ast.parse(text).body
            assert isinstance(function, ast.FunctionDef)
            assert not [
                node for node in ast.walk(function) if isinstance(node, ast.For | ast.While)
            ]


def test_a_name_is_given_once():
    """Equal values share a name; another value gets a numbered one."""
    code = Code("test")
    assert code.name("X", {"a": 1}) == "X"
    assert code.name("X", {"a": 1}) == "X"
    assert code.name("X", {"a": 2}) == "X_2"
    assert reference("A") == {"$ref": "#/components/schemas/A"}


NASTY = """
name = "nasty"
[call.refresh_token]
path = "/x"
[call.refresh_token.request]
refresh_token = { in = "json", name = "') or exit(1) or ('" }
client_id = { in = "header", name = "x'y" }
extras.class = { in = "json", name = "class" }
extras.def = { in = "query", name = "'''" }
extras.emoji = { in = "json", name = ["😀", "1", "__init__"] }
[answer.fields]
access_token = { name = "'''" }
extras.if = { name = ["if", "\'"] }
[refusal]
body = { "{" = "'\\"{description}\\\\" }
"""


def test_nothing_of_a_file_becomes_code(tmp_path):
    """Names enter as text, however they are chosen."""
    file = tmp_path / "nasty.toml"
    file.write_text(NASTY)
    assert check(file) == []
    assert check(EXAMPLE) == []


def test_descriptions_keep_to_the_characters_of_rfc6749():
    """RFC 6749 §5.2: no double quote, no backslash, nothing beyond ASCII."""
    for name, request, *_ in TABLE.values():
        if name == "harbourline":
            continue
        try:
            request.at(endpoint_of(builtin(name)))
        except Refusal as refusal:
            words = refusal.description
        assert words.isascii()
        assert words.isprintable()
        assert not set('"\\') & set(words)
