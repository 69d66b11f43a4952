"""The audit trail: searched by whoever may, taken along as JSON lines, and what each event means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from remint.errors import ConfigurationError, NotFound
from remint.issuer.grants.grants import parse_grant_id
from remint.issuer.installation import Installation
from remint.store.protocols import AuditEvent
from remint.store.trail import Query

_EXPORTED_AT_ONCE: Final = 200
_OLDEST: Final = (-(1 << 62), 0)

EVENTS: Final[Mapping[str, str]] = {
    "account_changed": "an account's name, its being an operator or its being disabled changed",
    "account_created": "somebody was given an account",
    "account_password_changed": "somebody has a new password",
    "admin_key_created": "an admin key was made",
    "admin_key_revoked": "an admin key was revoked",
    "api_key_created": "an app got an API key",
    "api_key_revoked": "an API key was revoked",
    "app_changed": "what an app is, or its policy, changed",
    "app_created": "an app was made",
    "app_disabled": "an app is refused from now on",
    "app_enabled": "an app is let in again",
    "app_installed": "an app was installed in a workspace",
    "app_revoked": "all grants of an app were revoked",
    "app_uninstalled": "an app was taken out of a workspace, and its grants for it were revoked",
    "company_changed": "a company changed",
    "company_created": "a company was made",
    "grant_issued": "a grant was made; `how` says by what",
    "grant_revoked": "one grant was revoked",
    "invitation_revoked": "an invitation was taken back",
    "invited": "somebody was invited to a workspace",
    "key_shared": "somebody was shown a key of HS256",
    "keys_rotated": "new keys were made before their time",
    "log_in_refused": "a log-in to the console failed, once for each address and minute",
    "logged_in": "somebody logged in to the console",
    "logged_out": "somebody logged out of it",
    "member_joined": "an invitation was accepted",
    "member_removed": "somebody is no longer a member",
    "member_role_changed": "a member has another role",
    "orphaned": "a genuine token came whose grant is not in the database",
    "password_link_made": "a link to a new password was made",
    "retry_streak": "retries in five generations running: two parties may hold one token",
    "reuse_detected": "a replay: the grant is revoked",
    "rewound": "a token newer than the database, which was brought forward",
    "sales_channel_ended": "an app is no sales channel any more",
    "sales_channel_set": "an app was turned into a sales channel, or its field changed",
    "secret_ended": "a client secret was ended before its time",
    "secret_rotated": "an app got a further client secret",
    "session_ended": "one session of somebody was ended",
    "sessions_ended": "sessions of somebody were ended",
    "subject_revoked": "all grants of a subject in a workspace were revoked",
    "tokens_imported": "tokens of an older system were brought in",
    "user_changed": "a user's claims, company or being disabled changed",
    "user_created": "a user was made",
    "user_password_set": "a user has a new password",
    "workspace_closed": "a development workspace was closed",
    "workspace_created": "a workspace was made",
    "workspace_renamed": "a workspace has another name",
    "workspace_revoked": "all grants in a workspace were revoked",
}
"""Every event by name, and what it says happened."""


class Search(msgspec.Struct, frozen=True):
    """Which events are looked for: those that are all of this. ``None`` or empty is any.

    ``grant`` is a grant's id in hexadecimal. Times are milliseconds since the epoch; ``until_ms`` is the
    first that is too late.
    """

    workspace_id: int | None = None
    event: str | None = None
    client_id: str | None = None
    actor: str | None = None
    grant: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None


def search(
    installation: Installation, query: Search, *, before: int | None = None, limit: int = 50
) -> list[tuple[int, AuditEvent]]:
    """The newest events of ``query``, newest first, each with its number; with ``before``, those before it.

    Raises ``ConfigurationError`` for an event that there is none of, an app that is not there or what cannot
    be a grant's id; its key is the field of ``query``.
    """
    return installation.trail.search(_query(installation, query), before=before, limit=limit)


def export(installation: Installation, query: Search) -> Iterator[bytes]:
    """The events of ``query`` up to now as JSON lines, oldest first, in chunks of a few hundred.

    They are read while they are taken, so that no number of them takes much memory, and nobody waits.
    Raises what ``search`` raises, before the first chunk.
    """
    wanted = _query(installation, query)
    if wanted.until_ms is None:
        # Else a busy trail would have no end.
        wanted = msgspec.structs.replace(wanted, until_ms=installation.clock.now_ms() + 1)
    return _chunks(installation, wanted)


def as_record(number: int, event: AuditEvent, client_ids: Mapping[int, str]) -> dict[str, Any]:
    """An event as its JSON line has it. ``client_ids`` are by the numbers of apps."""
    at = datetime.fromtimestamp(event.at_ms // 1000, UTC)
    return {
        "id": number,
        "at": f"{at.isoformat()[:19]}.{event.at_ms % 1000:03}Z",
        "event": event.event,
        "workspace": event.workspace_id,
        "client_id": None if event.app_id is None else client_ids.get(event.app_id),
        "grant": None if event.grant_id is None else event.grant_id.hex(),
        "actor": event.actor,
        "origin": event.origin,
        "detail": event.detail,
    }


def _query(installation: Installation, asked: Search) -> Query:
    if asked.event and asked.event not in EVENTS:
        raise ConfigurationError(
            "there is no such event", key="event", expected="one that the documentation lists"
        )
    return Query(
        workspace_id=asked.workspace_id,
        event=asked.event or "",
        app_id=_app_id(installation, asked),
        actor=asked.actor or "",
        grant_id=_grant_id(asked),
        since_ms=asked.since_ms,
        until_ms=asked.until_ms,
    )


def _app_id(installation: Installation, asked: Search) -> int | None:
    if not asked.client_id:
        return None
    app = installation.catalogue.find(client_id=asked.client_id)
    if app is None or asked.workspace_id not in (None, app.workspace_id):
        raise ConfigurationError(
            "there is no such app",
            key="client_id",
            expected="the client id of one of the apps here",
        )
    return app.id


def _grant_id(asked: Search) -> bytes | None:
    if not asked.grant:
        return None
    try:
        return parse_grant_id(asked.grant)
    except NotFound:
        # It may be a refresh token, mistaken for an id: it is not repeated.
        raise ConfigurationError(
            "that is no grant id", key="grant", expected="32 hexadecimal digits"
        ) from None


def _chunks(installation: Installation, query: Query) -> Iterator[bytes]:
    client_ids = installation.catalogue.client_ids()
    encode = msgspec.json.Encoder().encode
    place = _OLDEST
    while found := installation.trail.following(query, place, limit=_EXPORTED_AT_ONCE):
        number, last = found[-1]
        place = (last.at_ms, number)
        yield b"".join(encode(as_record(*each, client_ids)) + b"\n" for each in found)
