"""From a raw answer to tokens: skew, clamps, lifetimes and what is kept of the tokens before."""

from __future__ import annotations

import datetime as dt
from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import Renewal, builtin
from remint.errors import Refusal
from remint.keeper.connection import Answer, Held, Setup, Tokens
from remint.keeper.timing import Timing
from remint.keeper.understanding import is_unreadable, skew_ms, understand

NOW = 1_800_000_000_000
HOUR = 3600
DAY = 24 * HOUR
YEAR = 365 * DAY
BEFORE = Tokens(
    "at-old",
    issued_at_ms=NOW - 9_000_000,
    expires_at_ms=NOW - 1,
    refresh_token="rt-old",
    refresh_first_at_ms=NOW - 9_000_000,
    refresh_expires_at_ms=NOW + 5_000_000,
    scope="read",
    id_token="id-old",
    extras={"instance_url": "https://x"},
)
LONGEST_MS = int(Timing().longest_life_seconds * 1000)


def understood(
    body: Any,
    *,
    dialect: str = "oauth2",
    before: Tokens = BEFORE,
    skew_seconds: float | None = None,
    elapsed_ms: int = 0,
    renewal: Renewal | None = None,
) -> Tokens:
    """The tokens of an answer that came now, from a clock that is so far ahead."""
    headers = []
    if skew_seconds is not None:
        headers.append(("date", formatdate(NOW / 1000 + skew_seconds, usegmt=True)))
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    answer = Answer(1, "rt-old", NOW, elapsed_ms, 200, headers, raw)
    found = builtin(dialect)
    held = Held("5f" * 16, "jane", Setup(dialect), before)
    call = found.call("refresh_token")
    return understand(call, renewal or found.renewal, Timing(), held, answer)


def flat(**other: Any) -> dict[str, Any]:
    return {"access_token": "at", "token_type": "Bearer", "expires_in": HOUR, **other}


@given(st.integers(-10 * YEAR, 10 * YEAR), st.integers(0, 60_000))
def test_a_lifetime_is_counted_from_the_sending(skew_seconds: int, elapsed_ms: int):
    """Whatever the provider's clock says, and however long the answer took."""
    tokens = understood(flat(), skew_seconds=skew_seconds, elapsed_ms=elapsed_ms)
    assert tokens.issued_at_ms == NOW - elapsed_ms
    assert tokens.expires_at_ms == NOW - elapsed_ms + HOUR * 1000


@given(st.integers(-10 * YEAR, 10 * YEAR))
def test_an_absolute_expiry_is_on_the_providers_clock(skew_seconds: int):
    """It says noon by its own clock: what counts is how far that is from its own now."""
    provider_now_s = NOW // 1000 + skew_seconds
    body = {
        "access_token_data": {"token": "at", "expires": _iso(provider_now_s + HOUR)},
        "refresh_token_data": {"token": "rt", "expires": _iso(provider_now_s + DAY)},
        "user_id": "x",
        "company_id": 7,
    }
    tokens = understood(body, dialect="genlogs", skew_seconds=skew_seconds)
    assert tokens.expires_at_ms is not None
    assert tokens.refresh_expires_at_ms is not None
    # To the second that ``Date`` is cut to, and the two that are not taken for a skew.
    assert abs(tokens.expires_at_ms - (NOW + HOUR * 1000)) <= 3000
    assert abs(tokens.refresh_expires_at_ms - (NOW + DAY * 1000)) <= 3000


@given(st.integers(-1999, 1999))
def test_a_second_is_no_skew(milliseconds: int):
    """``Date`` is cut to the second."""
    answer = Answer(1, "x", NOW + milliseconds, 0, 200, [("date", _date(NOW))], b"")
    assert abs(skew_ms(answer)) in (0, *range(2001, 3000))
    assert skew_ms(msgspec.structs.replace(answer, headers=[])) == 0


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_any_date_at_all(value: str):
    """A header that is no date is no skew, and stops nothing."""
    answer = Answer(1, "x", NOW, 0, 200, [("date", value)], b"")
    assert isinstance(skew_ms(answer), int)


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 2024 99:99:99 GMT",
        "1 Jan 24",
    ],
)
def test_odd_dates(value: str):
    answer = Answer(1, "x", NOW, 0, 200, [("date", value)], b"")
    assert isinstance(skew_ms(answer), int)


@given(st.integers(0, 1 << 62))
def test_a_lifetime_is_clamped_and_no_epoch_is_guessed(expires_in: int):
    """1 800 000 000 seconds are 57 years, whatever it looks like: more than sense allows, so that is what is
    kept; what is renewed too late says 401, and what is renewed too early costs a call.
    """
    tokens = understood(flat(expires_in=expires_in))
    assert tokens.expires_at_ms == NOW + min(expires_in * 1000, LONGEST_MS)


def test_an_epoch_in_disguise_is_the_dialects_to_know():
    """TikTok Shop calls it ``…_expire_in``, and it is a moment."""
    at = NOW // 1000 + HOUR
    body = {
        "code": 0,
        "message": "success",
        "data": {
            "access_token": "at",
            "access_token_expire_in": at,
            "refresh_token": "rt",
            "refresh_token_expire_in": at + DAY,
            "open_id": "o",
            "granted_scopes": [],
        },
    }
    tokens = understood(body, dialect="tiktok-shop")
    assert tokens.expires_at_ms == at * 1000
    assert tokens.refresh_expires_at_ms == (at + DAY) * 1000


@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_there_is_kept(value: str | None):
    """A refresh token, a scope, an ID token and extras that an answer leaves out stay as they were."""
    tokens = understood(flat(refresh_token=value))
    assert tokens.refresh_token == "rt-old"
    assert tokens.refresh_expires_at_ms == BEFORE.refresh_expires_at_ms
    assert (tokens.scope, tokens.id_token, tokens.extras) == ("read", "id-old", BEFORE.extras)


def test_the_first_refresh_token_is_remembered():
    """For providers that count a line's lifetime from its beginning."""
    renewal = Renewal(refresh_lifetime_seconds=90 * DAY, refresh_lifetime_from="first")
    tokens = understood(flat(refresh_token="rt"), renewal=renewal)
    assert tokens.refresh_first_at_ms == BEFORE.refresh_first_at_ms
    assert tokens.refresh_expires_at_ms == BEFORE.refresh_first_at_ms + 90 * DAY * 1000
    renewal = Renewal(refresh_lifetime_seconds=90 * DAY)
    tokens = understood(flat(refresh_token="rt"), renewal=renewal)
    assert tokens.refresh_expires_at_ms == NOW + 90 * DAY * 1000
    first = understood(flat(refresh_token="rt"), before=Tokens())
    assert first.refresh_first_at_ms == NOW


def test_another_refresh_token_has_another_end():
    """That of the one before says nothing of it."""
    assert understood(flat(refresh_token="rt")).refresh_expires_at_ms is None
    same = understood(flat(refresh_token="rt-old"))
    assert same.refresh_expires_at_ms == BEFORE.refresh_expires_at_ms


@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["access_token", "refresh_token", "expires_in", "token_type", "error"]
                    ),
                    inner,
                )
            ),
            max_leaves=9,
        ).map(msgspec.json.encode),
    )
)
def test_any_answer_at_all(body: bytes):
    """A token that can be sent, or a refusal that leaves no doubt about what it is; nothing else."""
    said: Refusal | None = None
    try:
        tokens = understood(body)
    except Refusal as refusal:
        said = refusal
    if said is not None:
        assert is_unreadable(Answer(1, "x", NOW, 0, 200, [], body), said) or said.code
        return
    assert tokens.access_token
    assert tokens.refresh_token
    for token in (tokens.access_token, tokens.refresh_token):
        assert token.isascii() and token.isprintable()


@pytest.mark.parametrize("number", [2**64, -(2**64), 10**400, 2**63 - 1])
def test_numbers_beyond_any_store(number: int):
    body = b'{"status":0,"body":{"userid":%d,"access_token":"at","refresh_token":"rt",' % number
    found = understood(body + b'"expires_in":3600,"scope":"x"}}', dialect="withings")
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Tokens)
    assert kept.extras is not None
    assert str(kept.extras["userid"]) == str(number)


def test_a_refresh_token_that_never_ends_ends_some_time():
    body = {"code": 0, **flat(refresh_token="rt", refresh_token_expires_in=2**62, scope="x")}
    found = understood(body, dialect="feishu")
    assert found.refresh_expires_at_ms == NOW + 100 * YEAR * 1000
    assert msgspec.msgpack.encode(found)


def _date(at_ms: int) -> str:
    return formatdate(at_ms / 1000, usegmt=True)


def _iso(at_s: int) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
