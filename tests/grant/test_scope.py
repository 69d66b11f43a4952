"""Scopes as RFC 6749 §3.3 and §6 have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.grant import narrow, normalise

words = st.text("!#$%&'()*+,-./:;<=>?@[]^_`{|}~aZ09", min_size=1, max_size=6)
scopes = st.lists(words, max_size=6).map(" ".join)


@pytest.mark.parametrize(
    "given_, wanted",
    [
        ("", ""),
        (" ", ""),
        ("a", "a"),
        (" b  a ", "b a"),
        ("a a b a", "a b"),
        ("a:b/c#d", "a:b/c#d"),
    ],
)
def test_a_scope_is_its_words_once_each(given_, wanted):
    """In the order given, whatever the spaces."""
    assert normalise(given_) == wanted


@pytest.mark.parametrize(
    "bad", ['"', "\\", "a\tb", "a\nb", "a\x00", "a\x7f", "é", "a\u00a0b", "a\n"]
)
def test_a_character_that_the_rfc_bars_is_an_error(bad):
    """§3.3: %x21 / %x23-5B / %x5D-7E and the space."""
    with pytest.raises(ValueError, match=r"RFC 6749 §3\.3"):
        normalise(bad)
    assert narrow(f"a {bad}", bad) is None


@pytest.mark.parametrize(
    "granted, wanted, answer",
    [
        ("a b", None, "a b"),
        ("", None, ""),
        ("a b c", "c a", "c a"),
        ("a b", "a b", "a b"),
        ("a b", "a c", None),
        ("a b", "A", None),
        ("a b", "", None),
        ("a b", "  ", None),
        ("", "a", None),
        ("ab", "a", None),
    ],
)
def test_a_renewal_may_only_narrow(granted, wanted, answer):
    """No word that was not granted, and not none at all."""
    assert narrow(granted, wanted) == answer


@given(scopes)
def test_normalising_twice_changes_nothing(scope):
    """And loses no word."""
    once = normalise(scope)
    assert normalise(once) == once
    assert set(once.split()) == set(scope.split())


@given(scopes, scopes)
def test_what_is_narrowed_was_granted(granted, wanted):
    """Exactly if every wanted word was, and there is one."""
    answer = narrow(normalise(granted), wanted)
    asked = set(wanted.split())
    assert (answer is not None) == (bool(asked) and asked <= set(granted.split()))
    assert answer is None or set(answer.split()) == asked
