"""A grant as ``list`` and ``show`` tell it. Never a token: none is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from remint.cli.output import moment

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.protocols import Held


def client_ids(installation: Installation) -> dict[int, str]:
    """The client id of each app, by the app's number in the database."""
    return {app.id: app.client_id for app in installation.catalogue.apps()}


def brief(installation: Installation, held: Held, names: Mapping[int, str]) -> dict[str, Any]:
    """What tells grants apart, and how each is. ``names`` is what ``client_ids`` gives."""
    from remint.grant.rules import refresh_expires_at
    from remint.issuer.grants import state_of

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
        "imported": bool(grant.imported),
    }


def in_full(installation: Installation, held: Held) -> dict[str, Any]:
    """All that may be shown of a grant. ``expires_at`` is when it ends if it is not used."""
    return {
        **brief(installation, held, client_ids(installation)),
        "ends_at": moment(held.grant.expires_at),
        "revoked_at": moment(held.grant.revoked_at),
        "retry_streak": held.grant.retry_streak,
        "scope": held.terms.scope,
        "claims": held.terms.claims,
        "policy": msgspec.to_builtins(held.terms.policy),
    }


def events_of(installation: Installation, held: Held) -> list[dict[str, Any]]:
    """What the audit trail has on it, oldest first."""
    return [
        {
            "at": moment(event.at_ms // 1000),
            "event": event.event,
            "actor": event.actor,
            "detail": event.detail,
        }
        for event in installation.trail.of_grant(held.grant.id)
    ]
