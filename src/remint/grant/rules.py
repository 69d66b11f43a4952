"""The rules by which a presented refresh token is judged.

A grant's refresh tokens form a line of generations 0, 1, 2, …; its row says which one, *c*, is the newest.
A token of generation *g* reaches these rules after its client was authenticated and its MACs were
verified. What follows from *g* and *c* is the table in ``docs/architecture.md``, and nothing else decides.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from remint.grant.budget import charge
from remint.grant.policy import Policy
from remint.grant.state import NEVER, Grant, Revocation

STREAK_LIMIT: Final = 5
"""Retries in this many generations running raise ``retry_streak``: two parties may hold the same token."""


class Outcome(StrEnum):
    """What a presentation came to. The words are those of the metrics and of the audit trail."""

    ADVANCED = "advanced"
    RETRIED = "retried"
    KEPT = "kept"
    REWOUND = "rewound"
    REUSE_DETECTED = "reuse_detected"
    OVERTAKEN = "overtaken"
    REVOKED = "revoked"
    EXPIRED = "expired"
    WRONG_CLIENT = "wrong_client"
    OVER_BUDGET = "over_budget"

    @property
    def renews(self) -> bool:
        """Whether the caller gets tokens."""
        return self in _RENEWS


_RENEWS: Final = frozenset({Outcome.ADVANCED, Outcome.RETRIED, Outcome.KEPT, Outcome.REWOUND})


class Presentation(msgspec.Struct, frozen=True, gc=False):
    """A refresh token as it was presented: by which app, of which generation, and when it came in."""

    app_id: int
    generation: int
    arrived_at_ms: int


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What to answer and what to write.

    ``grant`` is the row as it shall be: the very object that came in if nothing is to be written.
    ``streak_raised`` says that this retry is the one that makes the streak worth an audit event.
    """

    outcome: Outcome
    grant: Grant
    retry_after_ms: int = 0
    streak_raised: bool = False


def judge(
    grant: Grant,
    policy: Policy,
    presented: Presentation,
    *,
    now_ms: int,
    serving_since_ms: int,
    mint_key_id: int,
) -> Verdict:
    """Judges one presentation, in the published order: binding, revoked, expired, generation.

    ``now_ms`` is the database's time; ``serving_since_ms`` when this process began to serve or got its
    database back, in the same time; ``mint_key_id`` the key that a new generation is to be minted with.
    """
    if presented.app_id != grant.app_id:
        return Verdict(Outcome.WRONG_CLIENT, grant)
    if grant.revoked_at or grant.epoch != grant.current_epoch:
        return Verdict(Outcome.REVOKED, grant)
    rewound = presented.generation > grant.generation
    if _expired(grant, policy, now_ms, idleness_counts=not rewound):
        return Verdict(Outcome.EXPIRED, grant)
    if policy.rotation == "keep":
        return _judge_kept(grant, policy, presented, now_ms)
    if rewound:
        # Genuine, and newer than the row: the database went back in time. Its client moves on from there.
        return _advance(grant, policy, Outcome.REWOUND, presented.generation, now_ms, mint_key_id)
    if presented.generation == grant.generation:
        return _advance(grant, policy, Outcome.ADVANCED, grant.generation, now_ms, mint_key_id)
    # What counts is when it came in: a retry must not turn into a replay while it waits for a slow disk.
    asked_ms = min(now_ms, presented.arrived_at_ms)
    if presented.generation == grant.generation - 1 and _window_open(
        grant, policy, asked_ms, serving_since_ms
    ):
        return _retry(grant)
    # Overtaken while it waited: others moved the row on after this request had come in.
    if grant.advanced_at_ms >= presented.arrived_at_ms:
        return Verdict(Outcome.OVERTAKEN, grant)
    return Verdict(Outcome.REUSE_DETECTED, revoke(grant, Revocation.REUSE, now_ms))


def revoke(grant: Grant, why: Revocation, now_ms: int) -> Grant:
    """``grant``, revoked. One that was revoked before keeps its first reason."""
    if grant.revoked_at:
        return grant
    return msgspec.structs.replace(grant, revoked_at=now_ms // 1000, revoked_why=int(why))


def has_ended(grant: Grant, policy: Policy, now_ms: int) -> bool:
    """Whether the grant's lifetime is over, absolute or idle: what the purge goes by."""
    return _expired(grant, policy, now_ms, idleness_counts=True)


def refresh_expires_at(grant: Grant, policy: Policy) -> int | None:
    """When the grant's newest refresh token ends if it is not used; seconds, ``None`` for never."""
    ends = []
    if grant.expires_at != NEVER:
        ends.append(grant.expires_at)
    if policy.idle_lifetime_seconds is not None:
        ends.append(grant.advanced_at_ms // 1000 + policy.idle_lifetime_seconds)
    return min(ends, default=None)


def _expired(grant: Grant, policy: Policy, now_ms: int, *, idleness_counts: bool) -> bool:
    if grant.expires_at != NEVER and now_ms >= grant.expires_at * 1000:
        return True
    idle = policy.idle_lifetime_seconds
    if idle is None or not idleness_counts:
        return False
    # Under `keep` the idle clock may be stale by its granularity: the doubt is the client's gain.
    stale_ms = policy.idle_granularity_ms if policy.rotation == "keep" else 0
    return now_ms >= grant.advanced_at_ms + idle * 1000 + stale_ms


def _window_open(grant: Grant, policy: Policy, asked_ms: int, serving_since_ms: int) -> bool:
    # While the service was down no client could retry, so the window stood still.
    opened_ms = max(grant.advanced_at_ms, serving_since_ms)
    return asked_ms - opened_ms < policy.retry_window_seconds * 1000


def _advance(
    grant: Grant, policy: Policy, outcome: Outcome, generation: int, now_ms: int, mint_key_id: int
) -> Verdict:
    budget_at_ms = grant.budget_at_ms
    if policy.budget is not None:
        budget_at_ms, wait_ms = charge(policy.budget, budget_at_ms, now_ms)
        if wait_ms:
            return Verdict(Outcome.OVER_BUDGET, grant, wait_ms)
    # The streak goes on only if the generation now left behind saw a retry.
    retries = grant.retries & ~1 if grant.retries & 1 else 0
    return Verdict(
        outcome,
        msgspec.structs.replace(
            grant,
            generation=generation + 1,
            key_id=mint_key_id,
            advanced_at_ms=now_ms,
            budget_at_ms=budget_at_ms,
            retries=retries,
        ),
    )


def _retry(grant: Grant) -> Verdict:
    if grant.retries & 1:
        return Verdict(Outcome.RETRIED, grant)
    marked = msgspec.structs.replace(grant, retries=(grant.retries + 2) | 1)
    return Verdict(Outcome.RETRIED, marked, 0, marked.retry_streak == STREAK_LIMIT)


def _judge_kept(grant: Grant, policy: Policy, presented: Presentation, now_ms: int) -> Verdict:
    if presented.generation != grant.generation:
        return Verdict(Outcome.REVOKED, grant)
    budget_at_ms = grant.budget_at_ms
    if policy.budget is not None:
        budget_at_ms, wait_ms = charge(policy.budget, budget_at_ms, now_ms)
        if wait_ms:
            return Verdict(Outcome.OVER_BUDGET, grant, wait_ms)
    advanced_at_ms = grant.advanced_at_ms
    if now_ms - advanced_at_ms >= policy.idle_granularity_ms > 0:
        advanced_at_ms = now_ms
    if (budget_at_ms, advanced_at_ms) == (grant.budget_at_ms, grant.advanced_at_ms):
        return Verdict(Outcome.KEPT, grant)
    written = msgspec.structs.replace(
        grant, budget_at_ms=budget_at_ms, advanced_at_ms=advanced_at_ms
    )
    return Verdict(Outcome.KEPT, written)
