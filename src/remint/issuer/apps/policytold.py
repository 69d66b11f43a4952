"""A policy in words: each rule as a sentence that a person can agree to.

What an app's policy says holds for grants made from then on; a grant keeps the rules that it was made under.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from remint.grant import Budget, Policy
from remint.grant.policy import Algorithm

HOLDS: Final = (
    "A change holds for grants made from then on; what was granted before keeps its rules."
)
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_ALGORITHMS: Final[dict[Algorithm, str]] = {
    "ES256": "ECDSA on the curve P-256",
    "RS256": "RSA",
    "EdDSA": "Ed25519",
    "HS256": "a secret that only the audience shares",
}


class PolicyRule(msgspec.Struct, frozen=True):
    """One rule: the policy's ``key``, what people call it, its value, and what follows from it."""

    key: str
    title: str
    value: Any
    words: str


def rules_of(policy: Policy) -> list[PolicyRule]:
    """Every rule of ``policy``, in the order of its fields."""
    plain = msgspec.to_builtins(policy)
    return [PolicyRule(key, title, plain[key], told(policy)) for key, title, told in _RULES]


def duration(seconds: int) -> str:
    """A number of seconds in the largest unit that it is a whole number of: "30 days", "90 seconds"."""
    for size, unit in _UNITS:
        if seconds and seconds % size == 0:
            return _counted(seconds // size, unit)
    return "0 seconds"


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def _rotation(policy: Policy) -> str:
    if policy.rotation == "keep":
        return "The refresh token stays the same, and stays good."
    return "Each renewal brings a new refresh token, and the one before it is used up."


def _retry_window(policy: Policy) -> str:
    if policy.rotation == "keep":
        return "Of no effect while the refresh token stays the same."
    if not policy.retry_window_seconds:
        return "A used refresh token is never taken again: a lost answer logs the client out."
    window = duration(policy.retry_window_seconds)
    return f"For {window} a lost answer can be asked for again, with the token that was sent."


def _idle(policy: Policy) -> str:
    if policy.idle_lifetime_seconds is None:
        return "A grant may lie unused for as long as it likes."
    return f"A grant ends when it was not used for {duration(policy.idle_lifetime_seconds)}."


def _absolute(policy: Policy) -> str:
    if policy.absolute_lifetime_seconds is None:
        return "A grant that is used does not end by itself."
    lifetime = duration(policy.absolute_lifetime_seconds)
    return f"A grant ends {lifetime} after it was made, used or not."


def _access(policy: Policy) -> str:
    return f"An access token is good for {duration(policy.access_lifetime_seconds)}."


def _algorithm(policy: Policy) -> str:
    name = policy.access_algorithm
    return f"Access tokens are signed with {name}: {_ALGORITHMS[name]}."


def _budget(policy: Policy) -> str:
    if policy.budget is None:
        return "A grant may be renewed as often as it likes."
    return f"A grant may be renewed {_rate(policy.budget)}; more is refused with 429 until later."


def _rate(budget: Budget) -> str:
    period = duration(budget.per_seconds).removeprefix("1 ")
    return f"{_counted(budget.renewals, 'time')} in each {period}"


def _grants(policy: Policy) -> str:
    if policy.grants_per_subject is None:
        return "A subject may have any number of grants of the app."
    most = _counted(policy.grants_per_subject, "grant")
    return f"A subject has {most} of the app at the most: one more ends the oldest."


def _keeps(policy: Policy) -> str:
    if policy.keep_unauthenticated:
        return (
            "The refresh token may stay the same though the app shows no secret, "
            "which RFC 9700 §2.2.2 advises against."
        )
    return "An app that shows no secret must have its refresh token rotated (RFC 9700 §2.2.2)."


_RULES: Final[tuple[tuple[str, str, Callable[[Policy], str]], ...]] = (
    ("rotation", "Refresh token", _rotation),
    ("retry_window_seconds", "Retry window", _retry_window),
    ("idle_lifetime_seconds", "Idle lifetime", _idle),
    ("absolute_lifetime_seconds", "Absolute lifetime", _absolute),
    ("access_lifetime_seconds", "Access token's lifetime", _access),
    ("access_algorithm", "Signature", _algorithm),
    ("budget", "Renewal budget", _budget),
    ("grants_per_subject", "Grants for each subject", _grants),
    ("keep_unauthenticated", "Without a secret", _keeps),
)
