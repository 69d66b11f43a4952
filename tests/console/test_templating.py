"""Templates: what is escaped, what is missed, how times and numbers read."""

from __future__ import annotations

import jinja2
import jinja2.meta
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.issuer.console import moments, useragent
from remint.issuer.console.templating import environment, render
from tests.house.tree import tracked

FOLDER = "src/remint/issuer/console/templates/"
FILES = tracked(f"{FOLDER}*.html")


def macro(file: str, name: str):
    return getattr(environment().get_template(f"components/{file}.html").module, name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.removeprefix(FOLDER))
def test_a_template_can_be_read(file):
    """Every template is well-formed, and what it imports is there."""
    environment().get_template(file.path.removeprefix(FOLDER))
    for imported in jinja2.meta.find_referenced_templates(environment().parse(file.text)):
        if imported:
            environment().get_template(imported)


def test_a_name_that_is_missed_is_an_error():
    """A page that was not given what it shows fails, rather than showing a gap."""
    with pytest.raises(jinja2.UndefinedError):
        render("lone.html", root="/console")


def test_what_people_wrote_is_text():
    """Markup in a value is shown, never obeyed; in attributes too."""
    shown = macro("forms", "field")("name", "Name", '"><script>alert(1)</script>')
    assert "<script>" not in shown
    assert 'value="&#34;&gt;&lt;script&gt;' in shown


def test_a_field_is_bound_to_its_words():
    """Hint and error are what the field is described by; one with an error is marked invalid."""
    shown = macro("forms", "field")("name", "Name", hint="As others see it.", error="Say a name.")
    assert 'aria-describedby="f-name-error f-name-hint" aria-invalid="true"' in shown
    assert 'for="f-name"' in shown


def test_a_password_is_never_filled_in():
    """A form that is shown again holds no password, whatever the page was given."""
    assert "hunter2" not in macro("forms", "field")("p", "Password", "hunter2", type="password")


def test_the_summary_of_errors_leads_to_the_fields():
    """Each line is a link to its field; what is of no field is text."""
    shown = macro("forms", "errors_of")({"name": "Say a name.", "": "Not now."})
    assert '<a href="#f-name">Say a name.</a>' in shown
    assert "<li>Not now.</li>" in shown
    assert macro("forms", "errors_of")({}).strip() == ""


def test_a_question_has_a_way_without_scripts():
    """What opens as a dialog is a link to a page that asks the same."""
    shown = macro("actions", "confirm")(
        "end",
        "End",
        "/ask",
        "End it?",
        "For good.",
        "End it",
        "/end",
        "token",
        "/back",
        fields={"version": 3},
    )
    assert '<a class="button danger" href="/ask" data-dialog="end">' in shown
    assert '<input type="hidden" name="version" value="3">' in shown
    assert '<input type="hidden" name="csrf" value="token">' in shown


def test_a_moment_is_told_in_utc_until_the_reader_is_known():
    """The server says UTC and the machine's form beside it; nought is never."""
    shown = macro("lists", "time")(1_795_290_000_000)
    assert (
        shown
        == '<time datetime="2026-11-21T19:40:00.000Z" data-format="moment">2026-11-21 19:40 UTC</time>'
    )
    assert macro("lists", "time")(0) == "never"


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "no time"),
        (1, "1 second"),
        (90, "1 minute 30 seconds"),
        (3600, "1 hour"),
        (86_400 + 60, "1 day"),
        (93_600, "1 day 2 hours"),
        (2_592_000, "30 days"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(seconds, text):
    """Units beside one another are told, smaller ones are not."""
    assert moments.span(seconds) == text


@given(st.integers(-(10**15), 10**15))
def test_a_count_keeps_its_digits(number):
    """Thousands are apart, and nothing is lost."""
    assert moments.count(number).replace("\u202f", "") == str(number)


@pytest.mark.parametrize(
    "agent, text",
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iOS",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "An unknown program"),
    ],
)
def test_a_browser_is_told_by_its_name(agent, text):
    """A ``User-Agent`` becomes the two words by which its owner knows it."""
    assert useragent.told(agent) == text
