"""docs/dialects.md: the reference is complete, and what it shows is so."""

from __future__ import annotations

import re

import pytest

from remint.dialect import check
from remint.dialect.keys import KEYS
from remint.dialect.signature import ALGORITHMS, ENCODINGS, PLACES
from remint.dialect.vocabulary import (
    ANSWER_MEANINGS,
    CARRIERS,
    EXTRA_FORMATS,
    GENERATORS,
    KINDS,
    OUTCOMES,
    PLACEHOLDERS,
    REFUSAL_STATUSES,
    REQUEST_MEANINGS,
    REQUEST_TYPES,
)
from tests.dialect.exchange import EXAMPLE, ROOT

TEXT = (ROOT / "docs" / "dialects.md").read_text()
SECTIONS = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def rows(section):
    """The first cell of each row of a section's table, without its quotes."""
    return re.findall(r"^\| `([^`]+)` \|", SECTIONS[section], re.MULTILINE)


def heading(kind):
    return f"Keys of {'an' if kind[0] in 'aeio' else 'a'} {kind}"


@pytest.mark.parametrize("kind", KEYS)
def test_every_key_is_documented(kind):
    """The parser's keys and the page's, in the same order."""
    assert rows(heading(kind)) == list(KEYS[kind])


@pytest.mark.parametrize(
    "section, words",
    [
        ("Meanings of a request", REQUEST_MEANINGS),
        ("Meanings of an answer", ANSWER_MEANINGS),
        ("Carriers", CARRIERS),
        ("Types", REQUEST_TYPES),
        ("Generated values", GENERATORS),
        ("Refusal codes", REFUSAL_STATUSES),
        ("Placeholders", PLACEHOLDERS),
        ("Kinds", KINDS),
    ],
)
def test_every_word_is_documented(section, words):
    """The vocabulary's words and the page's, in the same order."""
    assert rows(section) == list(words)


def test_statuses_outcomes_and_formats_are_documented():
    """The rest of the vocabulary."""
    for code, status in REFUSAL_STATUSES.items():
        assert f"| `{code}` | {status} |" in SECTIONS["Refusal codes"]
    for outcome in OUTCOMES:
        assert f"`{outcome}`" in SECTIONS["Keys of a refusal code"]
    for formats in (*ANSWER_MEANINGS.values(), EXTRA_FORMATS):
        for each in formats:
            assert f"`{each}`" in SECTIONS["Meanings of an answer"]


def test_places_of_a_template_are_documented():
    """What a template may name beside fields, how it is digested and how that is written."""
    for each in PLACES:
        assert f"`{{{each}}}`" in SECTIONS["Templates over a request"]
    for each in (*ALGORITHMS, *ENCODINGS):
        assert f'`"{each}"`' in SECTIONS["Keys of a signature"]


def test_the_page_makes_the_example():
    """Put together, the pieces are the example file, but for its opening comment."""
    pieces = [text for language, text in BLOCKS if language == "toml"]
    file = EXAMPLE.read_text()
    assert "\n".join(pieces) == file[file.index("name = ") :]
    assert check(EXAMPLE) == []


def test_the_python_of_the_page_runs(monkeypatch):
    """As printed."""
    monkeypatch.chdir(ROOT)
    (code,) = [text for language, text in BLOCKS if language == "python"]
    exec(compile(code, "docs/dialects.md", "exec"), {})


def test_the_error_of_the_page_is_the_error(tmp_path):
    """Word for word."""
    (shown,) = [text for _, text in BLOCKS if text.startswith("harbourline.toml:")]
    file = tmp_path / "harbourline.toml"
    good = 'refresh_token = { in = "json"'
    file.write_text(EXAMPLE.read_text().replace(good, good.replace("json", "jsn")))
    (problem,) = check(file)
    assert str(problem).replace(f"{tmp_path}/", "") == shown.strip()


def test_links_lead_somewhere():
    """Each anchor of the page is a heading of it."""
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
    for target in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert target in anchors
