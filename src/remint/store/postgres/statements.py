"""The statements of the hot path on PostgreSQL.

``MANY`` handles a batch in one statement, of arrays: what one server does quickest. ``ONE`` names one grant a
statement, and a batch goes out as one pipeline of them: what an engine that spreads the table over shards can
send to the right one.

A statement's arrays go out as text with their types in the statement, so that it is prepared once whatever
the size of the numbers in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from remint.grant import Grant
from remint.store.grantkey import grant_key
from remint.store.postgres.connection import Statement
from remint.store.protocols import AuditEvent, Change


def _named(name: str, text: str) -> Statement:
    return Statement(f"remint_{name}".encode(), text.encode())


_GRANTS: Final = (
    "SELECT g.id, g.app_id, g.subject, g.terms_id, g.salt, g.generation, g.key_id, g.created_at,"
    " g.expires_at, g.advanced_at_ms, g.budget_at_ms, g.retries, g.revoked_at, g.revoked_why,"
    " g.imported, g.epoch, a.epoch + w.epoch + coalesce(s.epoch, 0) FROM grants g"
    " JOIN apps a ON a.id = g.app_id JOIN workspaces w ON w.id = a.workspace_id"
    " LEFT JOIN subject_epochs s ON s.workspace_id = a.workspace_id AND s.subject = g.subject"
)
_UPDATE_MANY: Final = (
    "UPDATE grants SET generation = v.generation2, key_id = v.key_id2, advanced_at_ms = v.advanced2,"
    " budget_at_ms = v.budget2, retries = v.retries2, revoked_at = v.revoked2, revoked_why = v.why2"
    " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[], $6::bigint[],"
    " $7::bigint[], $8::bigint[], $9::int[], $10::bigint[], $11::int[])"
    " AS v(key, generation, budget, retries, generation2, key_id2, advanced2, budget2, retries2,"
    " revoked2, why2)"
    " WHERE grants.key = v.key AND grants.generation = v.generation AND grants.budget_at_ms = v.budget"
    " AND grants.retries = v.retries AND grants.revoked_at = 0 RETURNING grants.key"
)
_UPDATE_ONE: Final = (
    "UPDATE grants SET generation = $1::bigint, key_id = $2::bigint, advanced_at_ms = $3::bigint,"
    " budget_at_ms = $4::bigint, retries = $5::int, revoked_at = $6::bigint, revoked_why = $7::int"
    " WHERE key = $8::bigint AND generation = $9::bigint AND budget_at_ms = $10::bigint"
    " AND retries = $11::int AND revoked_at = 0 RETURNING key"
)
#: An event that is about a change is told only if the change came to pass: `changed` says so by its key.
_TOLD: Final = (
    "INSERT INTO audit (at_ms, event, app_id, grant_id, actor, detail, workspace_id, origin)"
    " SELECT e.at_ms, e.event, e.app_id, decode(e.grant_id, 'hex'), e.actor, e.detail,"
    " e.workspace_id, e.origin FROM jsonb_to_recordset({}::jsonb) AS e(changed bigint, at_ms bigint,"
    " event text, app_id int, grant_id text, actor text, detail text, workspace_id int, origin text)"
)
INSERT_EVENTS: Final = _named("tell", _TOLD.format("$1"))
_WITH_EVENTS: Final = (
    "WITH done AS ({}), told AS ("  # noqa: S608 - only statements of this module
    + _TOLD
    + " WHERE e.changed IS NULL OR e.changed IN (SELECT key FROM done)) SELECT key FROM done"
)

SELECT_MANY: Final = _named("select_many", f"{_GRANTS} WHERE g.key = ANY($1::bigint[])")
SELECT_ONE: Final = _named("select_one", f"{_GRANTS} WHERE g.key = $1::bigint")
UPDATE_MANY: Final = _named("update_many", _UPDATE_MANY)
UPDATE_ONE: Final = _named("update_one", _UPDATE_ONE)
UPDATE_MANY_AND_TELL: Final = _named(
    "update_many_and_tell", _WITH_EVENTS.format(_UPDATE_MANY, "$12")
)
UPDATE_ONE_AND_TELL: Final = _named("update_one_and_tell", _WITH_EVENTS.format(_UPDATE_ONE, "$12"))
SELECT_TERMS: Final = _named("select_terms", "SELECT id, body FROM terms WHERE id = ANY($1::int[])")
#: A renewal that was answered is on this server's disk (I3), whatever the server's default is.
WAIT_FOR_DISK: Final = _named(
    "wait_for_disk", "SELECT set_config('synchronous_commit', 'local', true)"
)
ALL: Final = (
    SELECT_MANY,
    SELECT_ONE,
    UPDATE_MANY,
    UPDATE_ONE,
    UPDATE_MANY_AND_TELL,
    UPDATE_ONE_AND_TELL,
    INSERT_EVENTS,
    SELECT_TERMS,
    WAIT_FOR_DISK,
)


class _Told(msgspec.Struct):
    changed: int | None
    at_ms: int
    event: str
    app_id: int | None
    grant_id: str | None
    actor: str
    detail: str
    workspace_id: int | None
    origin: str


_encode: Final = msgspec.json.Encoder().encode


def array(values: Iterable[int]) -> bytes:
    """Whole numbers as PostgreSQL writes an array of them."""
    return b"{%b}" % ",".join(map(str, values)).encode()


def number(value: int) -> bytes:
    """A whole number as PostgreSQL reads it."""
    return b"%d" % value


def many_values(changes: Sequence[Change]) -> tuple[bytes, ...]:
    """The values for ``UPDATE_MANY``, by key: two batches that meet take their rows in one order."""
    ordered = sorted(changes, key=lambda change: grant_key(change.before.id))
    before = [change.before for change in ordered]
    after = [change.after for change in ordered]
    return (
        array(grant_key(grant.id) for grant in before),
        array(grant.generation for grant in before),
        array(grant.budget_at_ms for grant in before),
        array(grant.retries for grant in before),
        array(grant.generation for grant in after),
        array(grant.key_id for grant in after),
        array(grant.advanced_at_ms for grant in after),
        array(grant.budget_at_ms for grant in after),
        array(grant.retries for grant in after),
        array(grant.revoked_at for grant in after),
        array(grant.revoked_why for grant in after),
    )


def one_values(change: Change) -> tuple[bytes, ...]:
    """The values for ``UPDATE_ONE``."""
    before, after = change.before, change.after
    values = (
        after.generation,
        after.key_id,
        after.advanced_at_ms,
        after.budget_at_ms,
        after.retries,
        after.revoked_at,
        after.revoked_why,
        grant_key(before.id),
        before.generation,
        before.budget_at_ms,
        before.retries,
    )
    return tuple(map(number, values))


def event_values(events: Iterable[AuditEvent], changed: frozenset[bytes]) -> bytes:
    """``events`` for ``_TOLD``; ``changed`` are the ids of the grants that the same statement changes."""
    told = [
        _Told(
            grant_key(event.grant_id) if event.grant_id in changed else None,
            event.at_ms,
            event.event,
            event.app_id,
            None if event.grant_id is None else event.grant_id.hex(),
            event.actor,
            _encode(event.detail).decode(),
            event.workspace_id,
            event.origin,
        )
        for event in events
    ]
    return _encode(told)


def grant_of(row: tuple[Any, ...]) -> Grant:
    """A grant of a row of ``SELECT_MANY``."""
    return Grant(*row)
