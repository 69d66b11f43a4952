"""A grant as ``list`` and ``show`` tell it. Never a token: none is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from remint.cli.output import moment

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.protocols import AuditEvent, Held

_PAGE: Final = 500


def client_ids(installation: Installation) -> dict[int, str]:
    """The client id of each app, by the app's number in the database."""
    return installation.catalogue.client_ids()


def listed(
    installation: Installation,
    workspace: str,
    client_id: str | None,
    subject: str | None,
    *,
    after: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """The newest ``limit`` grants that are all of this, in brief; with ``after``, from that grant's id on."""
    from remint.issuer.grants.grants import cursor_after, find_grant, search_in

    within = installation.workspaces.named(workspace) if workspace else None
    app = installation.catalogue.app(client_id) if client_id else None
    cursor = cursor_after(find_grant(installation, after)) if after else None
    names = client_ids(installation)
    told: list[dict[str, Any]] = []
    while len(told) < limit:
        page = search_in(
            installation,
            within,
            app=app,
            subject=subject,
            cursor=cursor,
            limit=min(_PAGE, limit - len(told)),
        )
        told += [brief(installation, held, names) for held in page.grants]
        cursor = page.next_cursor
        if cursor is None:
            break
    return told


def brief(installation: Installation, held: Held, names: Mapping[int, str]) -> dict[str, Any]:
    """What tells grants apart, and how each is. ``names`` is what ``client_ids`` gives."""
    from remint.grant.rules import refresh_expires_at
    from remint.issuer.grants.grants import state_of

    grant = held.grant
    state = state_of(held, installation.clock.now_ms())
    return {
        "grant_id": grant.id.hex(),
        "client_id": names[grant.app_id],
        "subject": grant.subject,
        "state": state.word,
        "why": state.why,
        "created_at": moment(grant.created_at),
        "renewed_at": moment(grant.advanced_at_ms // 1000),
        "expires_at": moment(refresh_expires_at(grant, held.terms.policy)),
        "generation": grant.generation,
        "retry_streak": grant.retry_streak,
        "imported": bool(grant.imported),
    }


def in_full(installation: Installation, held: Held) -> dict[str, Any]:
    """All that may be shown of a grant. ``expires_at`` is when it ends if it is not used."""
    from remint.issuer.grants.timeline import events_of, timeline

    events = events_of(installation, held)
    return {
        **brief(installation, held, client_ids(installation)),
        "ends_at": moment(held.grant.expires_at),
        "revoked_at": moment(held.grant.revoked_at),
        "scope": held.terms.scope,
        "claims": held.terms.claims,
        "policy": msgspec.to_builtins(held.terms.policy),
        "events": [_event(event) for event in events],
        "timeline": [
            {
                "at": None if each.at_ms is None else moment(each.at_ms // 1000),
                "what": each.what,
                "words": each.words,
                "actor": each.actor,
                "origin": each.origin,
                "ahead": each.is_ahead,
            }
            for each in timeline(held, events, installation.clock.now_ms())
        ],
    }


def _event(event: AuditEvent) -> dict[str, Any]:
    return {
        "at": moment(event.at_ms // 1000),
        "event": event.event,
        "actor": event.actor,
        "origin": event.origin,
        "detail": event.detail,
    }
