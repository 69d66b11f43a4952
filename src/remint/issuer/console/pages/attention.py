"""What wants a look in a workspace: old tokens that came back, secrets that end, apps that stand still."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from remint.issuer.console.visit import Visit

_MOST: Final = 8
_EVENTS: Final = 3
_LATELY_MS: Final = 7 * 86_400_000
_SOON_SECONDS: Final = 3 * 86_400
_IDLE_SECONDS: Final = 14 * 86_400
_HOUR: Final = 3600

_SIGNS: Final = {
    "reuse_detected": (
        "reuse",
        "danger",
        "An old refresh token came back, and its grant was revoked",
    ),
    "retry_streak": ("retries", "warn", "Two parties may hold one refresh token"),
    "rewound": ("rewind", "warn", "The database came back older, and was brought forward"),
}


class Concern(msgspec.Struct, frozen=True):
    """One thing: a word for it, what it is, when (``at_ms``, 0 for no moment), and where to go."""

    word: str
    kind: str
    text: str
    label: str
    href: str
    about: str
    at_ms: int = 0
    style: str = "ago"


def concerns(visit: Visit) -> list[Concern]:
    """The most pressing first, and only so many that somebody reads them."""
    return list(islice(_all(visit), _MOST))


def _all(visit: Visit) -> Iterator[Concern]:
    if visit.may("audit:read"):
        yield from _signs(visit)
    yield from _ending(visit)
    yield from _still(visit)


def _signs(visit: Visit) -> Iterator[Concern]:
    found = visit.installation.trail.newest_of_each(
        list(_SIGNS),
        workspace_id=visit.here.id,
        since_ms=visit.now_ms - _LATELY_MS,
        limit=_EVENTS,
    )
    for each in found:
        word, kind, text = _SIGNS[each.event]
        href = visit.url("audit", event=each.event)
        if each.grant_id is not None and visit.may("grants:read"):
            href = visit.url("grant", grant=each.grant_id.hex())
        yield Concern(word, kind, f"{text},", "Look", href, text, each.at_ms)


def _ending(visit: Visit) -> Iterator[Concern]:
    until_s = visit.now_ms // 1000 + _SOON_SECONDS
    for client_id, name, ends_at in visit.installation.credentials.ending(visit.here.id, until_s):
        href = f"{visit.url('app', client_id=client_id)}#credentials"
        text = f"The secret before the newest one of {name} ends"
        yield Concern("secret", "warn", text, "Look", href, f"at {name}", ends_at * 1000)


def _still(visit: Visit) -> Iterator[Concern]:
    """Apps that renewed nothing for two weeks."""
    since = (visit.now_ms // 1000 - _IDLE_SECONDS) // _HOUR * _HOUR
    activity = visit.installation.activity
    for client_id, name in activity.still_apps(visit.here.id, _HOUR, since, limit=_MOST):
        href = visit.url("app", client_id=client_id)
        text = f"{name} renewed nothing for two weeks."
        yield Concern("idle", "", text, "Look", href, f"at {name}")
