"""The policies to choose from: the standards' presets, and what each dialect proposes."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec

from remint.grant import PRESETS, Policy
from remint.issuer.apps.policies import dialect_policy
from remint.issuer.apps.policytold import PolicyRule, rules_of
from remint.issuer.installation import Installation


class PolicyChoice(msgspec.Struct, frozen=True):
    """A policy to begin with. ``name`` is a preset's, or the dialect's whose own it is, as ``kind`` says.

    ``standard`` names where its rules are from, with the section.
    """

    kind: Literal["preset", "dialect"]
    name: str
    title: str
    standard: str
    summary: str
    policy: Policy
    rules: list[PolicyRule]


class _Standard(NamedTuple):
    title: str
    standard: str
    summary: str


_STANDARDS: Final = {
    "rfc9700-public": _Standard(
        "RFC 9700, public client",
        "RFC 9700 §2.2.2",
        "For apps that cannot keep a secret, such as those in a browser or on a phone: the refresh token "
        "rotates, so that a stolen one shows.",
    ),
    "rfc9700-confidential": _Standard(
        "RFC 9700, confidential client",
        "RFC 9700 §4.14.2",
        "For apps that show a secret, to which their refresh token is bound: it rotates all the same.",
    ),
    "fapi2-confidential": _Standard(
        "FAPI 2.0, confidential client",
        "FAPI 2.0 Security Profile §5.3.2.1",
        "For banks and the like: the refresh token stays as it is, since the app proves who it is with each "
        "call, and access tokens are short-lived.",
    ),
}


def policies(installation: Installation) -> list[PolicyChoice]:
    """Every preset, then the own policy of each dialect that can be served."""
    found = [_preset(name, policy) for name, policy in PRESETS.items()]
    for dialect in installation.dialects.values():
        if dialect.endpoints:
            policy = dialect_policy(dialect)
            found.append(
                PolicyChoice(
                    "dialect",
                    dialect.name,
                    dialect.title,
                    f"the dialect {dialect.name}",
                    dialect.summary,
                    policy,
                    rules_of(policy),
                )
            )
    return found


def _preset(name: str, policy: Policy) -> PolicyChoice:
    return PolicyChoice("preset", name, *_STANDARDS[name], policy, rules_of(policy))
