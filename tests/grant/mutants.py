"""Rules that are wrong in one way each: what the model checker must be able to tell from the right ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from remint.grant import Grant, Outcome, Policy, Presentation, Verdict, judge

Judge = Callable[..., Verdict]


def _again(verdict: Verdict, **changed: Any) -> Verdict:
    return msgspec.structs.replace(verdict, **changed)


def window_stays_open_on_use(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """Any older token is answered while the newest advance is fresh."""
    if 0 <= presented.generation < grant.generation - 1:
        presented = _presented(presented, grant.generation - 1)
    return judge(grant, policy, presented, **at)


def window_never_closes(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """The token before the newest is answered for ever."""
    if presented.generation == grant.generation - 1:
        at["serving_since_ms"] = at["now_ms"]
    return judge(grant, policy, presented, **at)


def window_runs_in_an_outage(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """The window counts from the advance, whether or not anybody was there to answer."""
    at["serving_since_ms"] = 0
    return judge(grant, policy, presented, **at)


def window_runs_in_the_queue(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """The window is asked about when the request is judged, not when it came in."""
    overtaken = grant.advanced_at_ms > presented.arrived_at_ms
    if not overtaken:
        presented = _presented(presented, presented.generation, at["now_ms"])
    return judge(grant, policy, presented, **at)


def reuse_does_not_revoke(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """A replay is refused, but the grant lives on."""
    verdict = judge(grant, policy, presented, **at)
    return _again(verdict, grant=grant) if verdict.outcome is Outcome.REUSE_DETECTED else verdict


def revoked_is_forgotten(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """The revocation is not looked at."""
    return judge(msgspec.structs.replace(grant, revoked_at=0), policy, presented, **at)


def rewind_is_reuse(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """A token that is newer than the row is taken for a forgery."""
    if presented.generation > grant.generation:
        presented = _presented(presented, grant.generation - 2)
    return judge(grant, policy, presented, **at)


def rewind_is_idle(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """Idleness is held against a client whose use the database has forgotten."""
    verdict = judge(grant, policy, presented, **at)
    idle_ms = at["now_ms"] - grant.advanced_at_ms
    if verdict.outcome is Outcome.REWOUND and idle_ms >= (policy.idle_lifetime_seconds or 0) * 1000:
        return Verdict(Outcome.EXPIRED, grant)
    return verdict


def rewind_is_not_followed(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """After a rewind the row counts on from where it was."""
    verdict = judge(grant, policy, presented, **at)
    if verdict.outcome is not Outcome.REWOUND:
        return verdict
    behind = msgspec.structs.replace(verdict.grant, generation=grant.generation + 1)
    return _again(verdict, grant=behind)


def streak_is_not_counted(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """Nobody counts the generations that saw a retry."""
    verdict = judge(grant, policy, presented, **at)
    silent = msgspec.structs.replace(verdict.grant, retries=0)
    return _again(verdict, grant=silent, streak_raised=False)


def streak_breaks_on_advance(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """The count begins anew with each generation."""
    verdict = judge(grant, policy, presented, **at)
    if verdict.outcome is not Outcome.ADVANCED:
        return verdict
    return _again(verdict, grant=msgspec.structs.replace(verdict.grant, retries=0))


def overtaken_is_reuse(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """A request that others overtook while it waited is judged as a replay."""
    if judge(grant, policy, presented, **at).outcome is Outcome.OVERTAKEN:
        presented = _presented(presented, presented.generation, at["now_ms"])
    return judge(grant, policy, presented, **at)


def retry_advances(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """A retry moves the row on and gets a token of its own."""
    verdict = judge(grant, policy, presented, **at)
    if verdict.outcome is not Outcome.RETRIED:
        return verdict
    return judge(grant, policy, _presented(presented, grant.generation), **at)


def retry_is_minted_anew(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """A retry is answered under the key of the day, not under the one its generation was made with."""
    verdict = judge(grant, policy, presented, **at)
    if verdict.outcome is not Outcome.RETRIED:
        return verdict
    minted = msgspec.structs.replace(verdict.grant, key_id=at["mint_key_id"])
    return _again(verdict, grant=minted)


def retry_is_refused(grant: Grant, policy: Policy, presented: Presentation, **at: int):
    """Single use, strictly: what most servers do."""
    verdict = judge(grant, policy, presented, **at)
    if verdict.outcome is not Outcome.RETRIED:
        return verdict
    return judge(grant, policy, _presented(presented, grant.generation - 2), **at)


def _presented(presented: Presentation, generation: int, arrived_at_ms: int = 0) -> Presentation:
    return Presentation(presented.app_id, generation, arrived_at_ms or presented.arrived_at_ms)


MUTANTS: Final[dict[Judge, str]] = {
    window_stays_open_on_use: "I2",
    window_never_closes: "I2",
    window_runs_in_an_outage: "I1",
    window_runs_in_the_queue: "I1",
    reuse_does_not_revoke: "I2",
    revoked_is_forgotten: "I2",
    rewind_is_reuse: "I1",
    rewind_is_idle: "I1",
    rewind_is_not_followed: "I4",
    streak_is_not_counted: "I2",
    streak_breaks_on_advance: "I2",
    overtaken_is_reuse: "I1",
    retry_advances: "I4",
    retry_is_minted_anew: "I4",
    retry_is_refused: "I1",
}
"""Each wrong rule, and the promise that it breaks."""
