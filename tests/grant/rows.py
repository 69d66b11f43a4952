"""A grant's row, a policy and a presentation, of which a test says only what matters to it."""

from __future__ import annotations

from typing import Any

from remint.grant import Grant, Policy, Presentation, Verdict, judge

NOW_MS = 1_800_000_000_000
NOW = NOW_MS // 1000
WINDOW_MS = 60_000
DAY = 86_400
APP = 7

ROTATE = Policy()
KEEP = Policy(rotation="keep")


def row(generation: int = 5, *, age_ms: int = 1, **changed: Any) -> Grant:
    """A live grant whose newest token is of ``generation``, since ``age_ms`` before ``NOW_MS``."""
    fields: dict[str, Any] = {
        "id": bytes(16),
        "app_id": APP,
        "subject": "ada",
        "terms_id": 1,
        "salt": bytes(16),
        "generation": generation,
        "key_id": 1,
        "created_at": NOW - 90 * DAY,
        "expires_at": 0,
        "advanced_at_ms": NOW_MS - age_ms,
    }
    return Grant(**{**fields, **changed})


def present(
    grant: Grant,
    generation: int,
    *,
    policy: Policy = ROTATE,
    app_id: int = APP,
    now_ms: int = NOW_MS,
    arrived_at_ms: int | None = None,
    serving_since_ms: int = 0,
    mint_key_id: int = 1,
) -> Verdict:
    """What a token of ``generation`` comes to, presented at ``NOW_MS`` to a service that runs for long."""
    return judge(
        grant,
        policy,
        Presentation(app_id, generation, now_ms if arrived_at_ms is None else arrived_at_ms),
        now_ms=now_ms,
        serving_since_ms=serving_since_ms,
        mint_key_id=mint_key_id,
    )
