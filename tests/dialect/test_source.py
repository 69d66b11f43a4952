"""Positions: on which line of a file each key stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import builtin, builtin_names
from remint.dialect.source import Source, dotted, read_source
from remint.errors import DialectError

TEXT = '''\
# a comment with = and [brackets]
name = "x" # and another
"quoted key" = 1
a.b.c = 1
text = """
[not.a.table]
key = 1
"""
literal = \'\'\'
[nor.this]
\'\'\'
escaped = "a \\" ] } b"

[ table . "in ner" ]
inline = { x = 1, y = { z = [ 1, 2 ] } }
list = [
  "one", # [1]
  { two = 2 },
  [ 3 ],
]
when = 2026-11-21T12:00:00Z
number = 1.5e3
[[array]]
k = 1
[[array]]
k = 2
[array.sub]
deep = true
[[array.more]]
m = 1
[[array.more]]
m = 2
'''

LINES = {
    ("name",): 2,
    ("quoted key",): 3,
    ("a",): 4,
    ("a", "b", "c"): 4,
    ("text",): 5,
    ("literal",): 9,
    ("escaped",): 12,
    ("table",): 14,
    ("table", "in ner"): 14,
    ("table", "in ner", "inline", "x"): 15,
    ("table", "in ner", "inline", "y", "z", 1): 15,
    ("table", "in ner", "list"): 16,
    ("table", "in ner", "list", 0): 17,
    ("table", "in ner", "list", 1, "two"): 18,
    ("table", "in ner", "list", 2, 0): 19,
    ("table", "in ner", "when"): 21,
    ("table", "in ner", "number"): 22,
    ("array",): 23,
    ("array", 0, "k"): 24,
    ("array", 1): 25,
    ("array", 1, "k"): 26,
    ("array", 1, "sub", "deep"): 28,
    ("array", 1, "more", 0, "m"): 30,
    ("array", 1, "more", 1, "m"): 32,
}


@pytest.mark.parametrize("path", LINES, ids=dotted)
def test_a_key_has_its_line(path):
    """However TOML lets it be written."""
    assert Source("x.toml", TEXT).line_of(path) == LINES[path]


def test_windows_line_ends_count_once():
    """A file from elsewhere has the same lines."""
    assert Source("x.toml", TEXT.replace("\n", "\r\n")).line_of(("array", 1, "k")) == 26


def test_a_key_that_is_not_there_has_its_parents_line():
    """An error about something missing points at where it is missed."""
    source = Source("x.toml", TEXT)
    assert source.line_of("table.in ner.nothing") == 14
    assert source.line_of("nothing") == 1
    assert source.line_of(()) == 1


def paths(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


@pytest.mark.parametrize("name", builtin_names())
def test_every_key_of_a_builtin_file_has_a_line_of_its_own(name):
    """And the line holds the key."""
    source = read_source(builtin(name).file)
    lines = builtin(name).file.read_text().splitlines()
    for path in paths(source.data):
        if path and isinstance(path[-1], str):
            assert path[-1] in lines[source.line_of(path) - 1]


keys = st.text("abc-_", min_size=1, max_size=4) | st.text(max_size=4).map(
    lambda key: '"' + "".join(f"\\u{ord(c):04x}" for c in key if ord(c) < 0xD800) + '"'
)
values = st.recursive(
    st.sampled_from(["1", "true", '"a # b"', "'c ] d'", "1979-05-27", '"""\ne\n"""']),
    lambda inner: st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]"),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.lists(st.tuples(keys, values, st.integers(0, 2)), max_size=6))
def test_the_scanner_finds_what_tomllib_finds(pairs):
    """On any document: every key of the top level, on the line where it was put."""
    text, expected = "", {}
    for key, value, blank in pairs:
        text += "\n" * blank
        line = text.count("\n") + 1
        name = next(iter(tomllib.loads(f"{key} = 0")))
        if name in expected:
            continue
        expected[name] = line
        text += f"{key} = {value}\n"
    source = Source("x.toml", text)
    assert set(source.data) == set(expected)
    assert {name: source.line_of((name,)) for name in expected} == expected


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("a = 1\nb = \n", 2, "Invalid value"),
        ("a = 1\n\n[x\n", 3, "Expected ']'"),
        ("a = 1\na = 2\n", 2, "Cannot overwrite"),
        ('a = "x', 1, "Unterminated string"),
    ],
)
def test_a_syntax_error_has_its_line(tmp_path, text, line, words):
    """What tomllib says, with the file and the line in front."""
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(DialectError) as caught:
        read_source(file)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{file}:{line}: is not TOML: ")
    assert words in str(caught.value)


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    """Not there; not UTF-8, with the line."""
    with pytest.raises(DialectError, match=r"none\.toml: cannot be read: No such file"):
        read_source(tmp_path / "none.toml")
    file = tmp_path / "latin.toml"
    file.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(DialectError, match=r"latin\.toml:2: is not UTF-8"):
        read_source(file)
