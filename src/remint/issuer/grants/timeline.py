"""What happened to one grant, and what will: from its row, which keeps no history, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from remint.grant import NEVER, Revocation
from remint.grant.rules import has_ended
from remint.issuer.installation import Installation
from remint.store.protocols import AuditEvent, Held
from remint.store.trail import Query

Kind = Literal["", "good", "info", "warn", "danger"]

_WIDE: Final = ("app_revoked", "subject_revoked", "workspace_revoked")
_MOST: Final = 100
_REVOKED_BY: Final = {
    "grant_revoked": "Revoked.",
    "app_revoked": "Revoked with all grants of its app.",
    "app_uninstalled": "Revoked: its app was uninstalled.",
    "subject_revoked": "Revoked with all grants of its subject.",
    "workspace_revoked": "Revoked with all grants in its workspace.",
}
_REVOKED_WHY: Final = {
    Revocation.REUSE: "Revoked: an older token was replayed.",
    Revocation.ASKED: "Revoked.",
    Revocation.SUPERSEDED: "Revoked: its subject has as many newer grants as the policy allows.",
}
_LOOKS: Final[dict[str, tuple[Kind, str]]] = {
    "made": ("good", "plus"),
    "renewed": ("info", "renew"),
    "retried": ("warn", "renew"),
    "retry_streak": ("warn", "renew"),
    "rewound": ("warn", "back"),
    "reuse_detected": ("danger", "alert"),
    "revoked": ("danger", "ban"),
    "ended": ("", "clock"),
    "ends_idle": ("", "clock"),
    "ends": ("", "clock"),
}


class Moment(msgspec.Struct, frozen=True):
    """Something that happened to a grant, or is to come where ``is_ahead``.

    ``at_ms`` is ``None`` where nobody knows any more when it was. ``what`` is a word for programs, ``words``
    a sentence for people. ``actor`` and ``origin`` are as in the audit trail, empty where it says nothing.
    """

    at_ms: int | None
    what: str
    words: str
    actor: str = ""
    origin: str = ""
    is_ahead: bool = False

    @property
    def kind(self) -> Kind:
        """How alarming it is, for pages."""
        return _LOOKS.get(self.what, ("info", ""))[0]

    @property
    def symbol(self) -> str:
        """The picture beside it, for pages."""
        return _LOOKS.get(self.what, ("", "info"))[1]


def events_of(installation: Installation, held: Held) -> list[AuditEvent]:
    """What the audit trail has on a grant, oldest first.

    With it, where the grant was revoked along with others of its app, subject or workspace, what did that.
    """
    grant = held.grant
    found = installation.trail.of_grant(grant.id)
    if grant.epoch == grant.current_epoch:
        return found
    app = installation.catalogue.app_numbered(grant.app_id)
    for name in _WIDE:
        query = Query(
            app.workspace_id,
            name,
            app_id=app.id if name == "app_revoked" else None,
            since_ms=grant.created_at * 1000,
        )
        for _, event in installation.trail.search(query, limit=_MOST):
            if event.detail.get("subject", grant.subject) == grant.subject:
                found.append(event)
    return sorted(found, key=lambda event: event.at_ms)


def timeline(held: Held, events: Sequence[AuditEvent], now_ms: int) -> list[Moment]:
    """The grant's life in order: what is known of the past, then what is ahead.

    ``events`` are those of ``events_of``. The row counts renewals but does not date them, save the last.
    """
    past = [*_made(held, events), *_used(held), *_told(events), *_revoked(held, events)]
    # What nobody can date stands last: whatever is dated came before somebody noticed.
    past.sort(key=lambda moment: (moment.at_ms is None, moment.at_ms or 0))
    return [*past, *_end(held, now_ms)]


def _made(held: Held, events: Sequence[AuditEvent]) -> Iterator[Moment]:
    grant = held.grant
    for event in events:
        if event.event == "grant_issued":
            words = f"Made by {event.detail.get('how', 'somebody')}."
            yield Moment(event.at_ms, "made", words, event.actor, event.origin)
            return
    words = "Brought in from another system." if grant.imported else "Made."
    yield Moment(grant.created_at * 1000, "made", words)


def _used(held: Held) -> Iterator[Moment]:
    grant = held.grant
    if held.terms.policy.rotation == "keep":
        if grant.advanced_at_ms > grant.created_at * 1000 + 999:
            yield Moment(
                grant.advanced_at_ms,
                "renewed",
                "Used since; when is written down once an hour at most.",
            )
        return
    if grant.generation:
        times = "once" if grant.generation == 1 else f"{grant.generation:,} times"
        yield Moment(grant.advanced_at_ms, "renewed", f"Renewed {times}; the last time then.")
    if grant.retry_streak:
        running = "one generation" if grant.retry_streak == 1 else f"{grant.retry_streak} running"
        words = f"Asked again for an answer that had been given: in {running}, up to the newest."
        yield Moment(grant.advanced_at_ms, "retried", words)


def _told(events: Sequence[AuditEvent]) -> Iterator[Moment]:
    for event in events:
        detail = event.detail
        presented, newest = detail.get("presented"), detail.get("newest")
        words = {
            "reuse_detected": f"Token {presented} was replayed; the newest is {newest}. Revoked.",
            "rewound": f"Token {presented} came back while the database knew {newest}: it had gone back"
            " in time. Answered.",
            "retry_streak": f"Retries in {detail.get('generations')} generations running: two parties may"
            " hold its tokens.",
            "orphaned": "A token of it came while the database did not have it.",
        }.get(event.event)
        if words is not None:
            yield Moment(event.at_ms, event.event, words, event.actor, event.origin)


def _revoked(held: Held, events: Sequence[AuditEvent]) -> Iterator[Moment]:
    grant = held.grant
    is_told = False
    for event in events:
        if event.event in _REVOKED_BY:
            words = _REVOKED_BY[event.event]
            yield Moment(event.at_ms, "revoked", words, event.actor, event.origin)
        is_told = is_told or event.event == "reuse_detected" or event.event in _REVOKED_BY
    if is_told:
        return
    if grant.revoked_at:
        words = _REVOKED_WHY.get(Revocation(grant.revoked_why), "Revoked.")
        yield Moment(grant.revoked_at * 1000, "revoked", words)
    elif grant.epoch != grant.current_epoch:
        yield Moment(None, "revoked", "Revoked with all of its app, subject or workspace.")


def _end(held: Held, now_ms: int) -> Iterator[Moment]:
    grant, policy = held.grant, held.terms.policy
    if grant.revoked_at or grant.epoch != grant.current_epoch:
        return
    idle = policy.idle_lifetime_seconds
    ends = [
        *([(grant.advanced_at_ms + idle * 1000, "ends_idle")] if idle is not None else ()),
        *([(grant.expires_at * 1000, "ends")] if grant.expires_at != NEVER else ()),
    ]
    if has_ended(grant, policy, now_ms):
        at_ms, what = min(ends)
        words = "Ended: it was not used." if what == "ends_idle" else "Ended: its time was over."
        yield Moment(at_ms, "ended", words)
        return
    for at_ms, what in sorted(ends):
        words = "Ends if it is not used before." if what == "ends_idle" else "Ends, used or not."
        yield Moment(at_ms, what, words, is_ahead=True)
