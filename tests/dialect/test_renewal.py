"""``[renewal]``: what a caller must know of a provider before it renews."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from remint.dialect import Limit, Renewal, builtin, check, load
from remint.dialect.loader import read_form
from remint.dialect.source import Source
from remint.errors import DialectError

FILE = """\
name = "vendor"
[call.refresh_token]
path = "/renew"
request.refresh_token = { in = "form" }
[answer.fields]
access_token = {}
[renewal]
"""


def renewal(text):
    return read_form(Source("vendor.toml", FILE + text)).renewal


def test_without_a_table_caution_rules(tmp_path):
    """A token is taken for one that is good once, and nothing else is assumed."""
    file = tmp_path / "vendor.toml"
    file.write_text(FILE.removesuffix("[renewal]\n"))
    assert load(file).renewal == Renewal()
    assert Renewal().rotation == "strict"


def test_everything_can_be_said():
    """Each key has its place."""
    assert renewal(
        'rotation = "grace"\ngrace_seconds = 120\nearliest_seconds = 570\n'
        "keep_alive_seconds = 86_400\nrefresh_lifetime_seconds = 2_592_000\n"
        'refresh_lifetime_from = "first"\n'
        'limit = { calls = 10, per_seconds = 600, by = "client" }\n'
    ) == Renewal(
        rotation="grace",
        grace_seconds=120,
        earliest_seconds=570,
        keep_alive_seconds=86_400,
        refresh_lifetime_seconds=2_592_000,
        refresh_lifetime_from="first",
        limit=Limit(10, 600, "client"),
    )


def test_a_limit_is_the_providers_unless_said_otherwise():
    """Ten calls in ten minutes, for everybody together."""
    assert renewal("limit = { calls = 10, per_seconds = 600 }").limit == Limit(10, 600, "provider")


@pytest.mark.parametrize(
    "text, line, key, message, expected",
    [
        ('rotation = "rotate"', 8, "renewal.rotation", "'rotate' is not known", "strict, grace"),
        ('rotaton = "keep"', 8, "renewal.rotaton", "did you mean 'rotation'?", "one of rotation"),
        ('rotation = "grace"', 7, "renewal", "the key 'grace_seconds' is missing", "grace_seconds"),
        ("grace_seconds = 60", 8, "renewal.grace_seconds", "no grace under 'strict'", '"grace"'),
        (
            'rotation = "keep"\ngrace_seconds = 60',
            *(9, "renewal.grace_seconds", "no grace under 'keep'", '"grace"'),
        ),
        (
            'rotation = "grace"\ngrace_seconds = 0',
            *(9, "renewal.grace_seconds", "0 is no whole number from 1", "at least 1"),
        ),
        (
            "earliest_seconds = -1",
            *(8, "renewal.earliest_seconds", "-1 is no whole number from 0", "at least 0"),
        ),
        (
            'refresh_lifetime_from = "first"',
            *(8, "renewal.refresh_lifetime_from", "no lifetime to count", "refresh_lifetime_sec"),
        ),
        (
            'refresh_lifetime_seconds = 9\nrefresh_lifetime_from = "birth"',
            *(9, "renewal.refresh_lifetime_from", "'birth' is not known", "renewal, first"),
        ),
        (
            "earliest_seconds = 570\nkeep_alive_seconds = 570",
            *(9, "renewal.keep_alive_seconds", "sooner than the earliest", "more than earliest"),
        ),
        (
            "refresh_lifetime_seconds = 60\nkeep_alive_seconds = 60",
            *(9, "renewal.keep_alive_seconds", "when the refresh token is dead", "less than refr"),
        ),
        ("limit = 10", 8, "renewal.limit", "is not a table", "a table that describes a limit"),
        (
            "limit = { calls = 10 }",
            *(8, "renewal.limit", "the key 'per_seconds' is missing", "per_seconds = a whole"),
        ),
        (
            "limit = { calls = 0, per_seconds = 1 }",
            *(8, "renewal.limit.calls", "0 is no whole number from 1", "at least 1"),
        ),
        (
            'limit = { calls = 1, per_seconds = 1, by = "app" }',
            *(8, "renewal.limit.by", "'app' is not known", "provider, client, connection"),
        ),
    ],
)
def test_contradictions_are_refused(tmp_path, text, line, key, message, expected):
    """With file, line and key, and what would do."""
    file = tmp_path / "vendor.toml"
    file.write_text(FILE + text)
    (error,) = check(file)
    assert (error.file, error.line, error.key) == (file, line, key)
    assert message in error.message
    assert expected in (error.expected or "")


spans = st.none() | st.integers(1, 10**8)


@given(
    rotation=st.sampled_from(["strict", "grace", "keep"]),
    grace=spans,
    earliest=st.integers(0, 10**4),
    often=spans,
    lifetime=spans,
)
def test_what_is_accepted_can_be_kept(rotation, grace, earliest, often, lifetime):
    """Of any numbers, those pass that a caller can obey at once; and they come out as they went in."""
    said = {
        "rotation": f'"{rotation}"',
        "grace_seconds": grace,
        "earliest_seconds": earliest,
        "keep_alive_seconds": often,
        "refresh_lifetime_seconds": lifetime,
    }
    text = "".join(f"{key} = {value}\n" for key, value in said.items() if value is not None)
    can_be = (rotation == "grace") is (grace is not None)
    can_be = can_be and (often is None or earliest < often < (lifetime or 10**9))
    try:
        found = renewal(text)
    except DialectError:
        assert not can_be
        return
    assert can_be
    assert (found.rotation, found.grace_seconds or None) == (rotation, grace)
    assert (found.earliest_seconds, found.keep_alive_seconds) == (earliest, often)
    assert found.refresh_lifetime_seconds == lifetime


@given(calls=st.integers(-1, 5), seconds=st.integers(-1, 5))
def test_a_limit_lets_something_through(calls, seconds):
    """No limit of nothing, and none in no time."""
    assume(calls < 1 or seconds < 1)
    with pytest.raises(DialectError, match="is no whole number from 1"):
        renewal(f"limit = {{ calls = {calls}, per_seconds = {seconds} }}")


def test_the_four_dialects_say_what_their_contracts_say():
    """Eshopbox keeps its refresh token for thirty days; of the others none promises a second answer."""
    kept = builtin("eshopbox").renewal
    assert (kept.rotation, kept.refresh_lifetime_seconds) == ("keep", 30 * 86_400)
    assert kept.keep_alive_seconds is not None and kept.keep_alive_seconds < 30 * 86_400
    assert kept.limit == Limit(30, 3600, "connection")
    for name in ("oauth2", "partner", "genlogs"):
        assert builtin(name).renewal == Renewal(rotation="strict")
