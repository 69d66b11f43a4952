"""Policies in words."""

from __future__ import annotations

import pytest

from remint.dialect import builtin_names
from remint.grant import PRESETS, Budget, Policy
from remint.issuer.apps.policychoices import policies
from remint.issuer.apps.policytold import duration, rules_of


def words(policy, key):
    """The sentence of one rule."""
    return next(rule.words for rule in rules_of(policy) if rule.key == key)


def test_every_rule_has_a_title_and_a_sentence():
    """Of each preset and of the defaults: none is left out, and none is without its full stop."""
    for policy in (*PRESETS.values(), Policy(), Policy(keep_unauthenticated=True)):
        rules = rules_of(policy)
        assert [rule.key for rule in rules] == list(Policy.__struct_fields__)
        assert all(rule.title and rule.words.endswith(".") for rule in rules)


@pytest.mark.parametrize(
    "policy, key, told",
    [
        (Policy(retry_window_seconds=90), "retry_window_seconds", "For 90 seconds"),
        (Policy(retry_window_seconds=0), "retry_window_seconds", "never taken again"),
        (Policy(rotation="keep"), "retry_window_seconds", "Of no effect"),
        (Policy(idle_lifetime_seconds=86_400), "idle_lifetime_seconds", "1 day"),
        (Policy(idle_lifetime_seconds=None), "idle_lifetime_seconds", "as long as it likes"),
        (Policy(absolute_lifetime_seconds=7_776_000), "absolute_lifetime_seconds", "90 days"),
        (Policy(budget=Budget(30, 3600)), "budget", "30 times in each hour"),
        (Policy(budget=Budget(1, 7200)), "budget", "1 time in each 2 hours"),
        (Policy(grants_per_subject=1), "grants_per_subject", "1 grant of the app"),
        (Policy(keep_unauthenticated=True), "keep_unauthenticated", "advises against"),
    ],
)
def test_a_rule_says_its_numbers_as_people_do(policy, key, told):
    """In the largest unit that they are a whole number of."""
    assert told in words(policy, key)


@pytest.mark.parametrize(
    "seconds, told",
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (61, "61 seconds"),
        (120, "2 minutes"),
        (90_000, "25 hours"),
        (2_592_000, "30 days"),
        (999_999_999, "999,999,999 seconds"),
    ],
)
def test_a_duration_is_exact(seconds, told):
    """It is never rounded."""
    assert duration(seconds) == told


def test_presets_name_their_standard_and_dialects_themselves(installation):
    """All that there are, presets first."""
    found = policies(installation)
    assert [each.name for each in found][: len(PRESETS)] == list(PRESETS)
    assert {each.name for each in found} == {*PRESETS, *builtin_names()}
    assert [each.standard for each in found[: len(PRESETS)]] == [
        "RFC 9700 §2.2.2", "RFC 9700 §4.14.2", "FAPI 2.0 Security Profile §5.3.2.1"
    ]  # fmt: skip
    assert all(each.summary.endswith(".") and each.title for each in found)
