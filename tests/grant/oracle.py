"""The promises I1, I2 and I4 with their stated limits, as what may not happen in one step of the world.

I1. A client that retries with the newest token it has received is not logged out within the retry window.
    Limits: a thief who interferes; a request that arrives when its token's window is over (held back by the
    network, or sent too late), be it by time or because the successor was used; true idleness; and an older
    copy of the database that looks idle itself to a client that received nothing since it was made.
I2. An older token presented again revokes the grant, for good, whatever becomes of the database. A thief who
    mirrors every renewal within the window raises ``retry_streak`` by the fifth generation running. Limit:
    what a database that went back has forgotten.
I4. All presentations of one token get the same successor. Limit: after a restore it may be the same
    generation under a newer key.
"""

from __future__ import annotations

from remint.grant import Outcome, Verdict
from tests.grant.world import IDLE, STREAK, WINDOW, Row, Worker, World

_DEAD = {Outcome.REUSE_DETECTED, Outcome.REVOKED, Outcome.EXPIRED, Outcome.WRONG_CLIENT}


def is_late(world: World, token: int) -> bool:
    """Whether the window of ``token`` is over, as history has it: by use, or by time in service."""
    return token < world.used or (
        token == world.used and min(world.used_age, world.serving) >= WINDOW
    )


def broken_by(
    before: World, request: Worker, verdict: Verdict, after: World, *, is_thief: bool
) -> str:
    """Names the promise that this verdict breaks, or says nothing."""
    return (
        ("" if is_thief else _logged_out(before, request, verdict))
        or _reuse_missed(before, request, verdict)
        or _forked(before, request, verdict)
        or _mirror_missed(before.row, after.row, verdict)
    )


def _logged_out(before: World, request: Worker, verdict: Verdict) -> str:
    if verdict.outcome not in _DEAD or not before.clean or request.late:
        return ""
    if verdict.outcome is Outcome.EXPIRED and _was_idle(before, request):
        return ""
    return f"I1: an honest client was logged out: {verdict.outcome}"


def _was_idle(before: World, request: Worker) -> bool:
    copy_was = before.restored and before.row.age >= IDLE and request.token <= before.row.newest
    return before.used_age >= IDLE or copy_was


def _reuse_missed(before: World, request: Worker, verdict: Verdict) -> str:
    row, outcome = before.row, verdict.outcome
    if before.journal:
        return "I2: a revoked grant was renewed" if outcome.renews else ""
    since_ms = min(row.age, before.serving) - request.age
    gone = request.token < row.newest - 1
    if not gone and (request.token != row.newest - 1 or since_ms < WINDOW):
        return ""
    if outcome.renews:
        return "I2: an older token was renewed"
    if request.moment < row.moment or row.age >= IDLE:
        return ""
    return "" if verdict.grant.revoked_at else "I2: an older token did not revoke the grant"


def _forked(before: World, request: Worker, verdict: Verdict) -> str:
    if not verdict.outcome.renews:
        return ""
    successor = verdict.grant
    if successor.generation != request.token + 1:
        return f"I4: token {request.token} was followed by {successor.generation}"
    known = request.token == before.used and before.answer_key
    if known and successor.key_id != before.answer_key:
        return "I4: a second successor was minted, under another key"
    return ""


def _mirror_missed(before: Row, after: Row, verdict: Verdict) -> str:
    if verdict.streak_raised and before.raised:
        return "I2: retry_streak was raised twice in one run"
    if verdict.streak_raised and after.run < STREAK:
        return "I2: retry_streak was raised too early"
    if after.shared >= STREAK and not after.raised:
        return "I2: thief and client share five generations unseen"
    return ""
