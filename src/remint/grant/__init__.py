"""The grant rules: pure functions and small types, without I/O, clock or randomness."""

from remint.grant.budget import Budget, charge
from remint.grant.policy import PRESETS, Policy, policy_from
from remint.grant.rules import Outcome, Presentation, Verdict, judge, revoke
from remint.grant.scope import narrow, normalise
from remint.grant.state import NEVER, Grant, Revocation, Terms

__all__ = [
    "NEVER",
    "PRESETS",
    "Budget",
    "Grant",
    "Outcome",
    "Policy",
    "Presentation",
    "Revocation",
    "Terms",
    "Verdict",
    "charge",
    "judge",
    "narrow",
    "normalise",
    "policy_from",
    "revoke",
]
