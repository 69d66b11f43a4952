"""The audit trail: what happened, appended and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from remint.store.database import Database
from remint.store.protocols import AuditEvent
from remint.store.schema import audit


class Trail:
    """Reads the audit trail, and drops what is older than it is kept for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, events: Sequence[AuditEvent]) -> None:
        """Appends ``events`` in a transaction of their own."""
        with self._database.write() as connection:
            record(connection, events)

    def of_grant(self, grant_id: bytes) -> list[AuditEvent]:
        """What happened to one grant, oldest first."""
        return self._read(select(audit).where(audit.c.grant_id == grant_id).order_by(audit.c.id))

    def latest(self, limit: int = 100) -> list[AuditEvent]:
        """The newest ``limit`` events, newest first."""
        return self._read(select(audit).order_by(audit.c.id.desc()).limit(limit))

    def purge(self, before_ms: int, *, limit: int) -> int:
        """Removes those of the ``limit`` oldest events that are from before then; says how many went."""
        oldest = select(audit.c.id, audit.c.at_ms).order_by(audit.c.id).limit(limit)
        with self._database.read() as connection:
            ids = [row.id for row in connection.execute(oldest) if row.at_ms < before_ms]
        if ids:
            with self._database.write() as connection:
                connection.execute(delete(audit).where(audit.c.id.in_(ids)))
        return len(ids)

    def _read(self, query: Any) -> list[AuditEvent]:
        with self._database.read() as connection:
            return [
                AuditEvent(
                    at_ms=row.at_ms,
                    event=row.event,
                    app_id=row.app_id,
                    grant_id=row.grant_id,
                    actor=row.actor,
                    detail=msgspec.json.decode(row.detail),
                    workspace_id=row.workspace_id,
                    origin=row.origin,
                )
                for row in connection.execute(query)
            ]


def record(connection: Connection, events: Sequence[AuditEvent]) -> None:
    """Appends ``events`` within the transaction of ``connection``."""
    rows = [
        {
            "at_ms": event.at_ms,
            "event": event.event,
            "app_id": event.app_id,
            "grant_id": event.grant_id,
            "actor": event.actor,
            "detail": msgspec.json.encode(event.detail).decode(),
            "workspace_id": event.workspace_id,
            "origin": event.origin,
        }
        for event in events
    ]
    if rows:
        connection.execute(insert(audit), rows)
