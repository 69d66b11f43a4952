"""The audit trail: what happened, appended and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    union_all,
)

from remint.store.database import Database
from remint.store.protocols import AuditEvent
from remint.store.schema import audit

_COMMON: Final = "grant_issued"
#: A row's number, then the fields of an ``AuditEvent`` in their order.
_COLUMNS: Final = [audit.c[name] for name in ("id", *AuditEvent.__struct_fields__)]


class Query(msgspec.Struct, frozen=True):
    """Which events to tell of: those that are all of this. Empty or ``None`` is any.

    Times are milliseconds since the epoch; ``until_ms`` is the first that is too late.
    """

    workspace_id: int | None = None
    event: str = ""
    app_id: int | None = None
    actor: str = ""
    grant_id: bytes | None = None
    since_ms: int | None = None
    until_ms: int | None = None


_ANY: Final = Query()


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
        query = select(*_COLUMNS).where(audit.c.grant_id == grant_id).order_by(audit.c.id)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]

    def latest(self, limit: int = 100) -> list[AuditEvent]:
        """The newest ``limit`` events, newest first."""
        return [event for _, event in self.search(limit=limit)]

    def search(
        self, query: Query = _ANY, *, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, AuditEvent]]:
        """The newest ``limit`` events of ``query`` with their numbers, newest first.

        With ``before``, those that come before the event of that number. Events of one millisecond are in
        the order of their numbers.
        """
        newest_first = matching(query).order_by(audit.c.at_ms.desc(), audit.c.id.desc())
        with self._database.read() as connection:
            if before is not None:
                at_ms = connection.scalar(select(audit.c.at_ms).where(audit.c.id == before))
                if at_ms is None:
                    # It was the oldest that there was, and went meanwhile.
                    return []
                newest_first = newest_first.where(_place() < tuple_(at_ms, before))
            rows = connection.execute(newest_first.limit(limit)).all()
        return [(row[0], _event(row)) for row in rows]

    def newest_of_each(
        self, names: Sequence[str], *, workspace_id: int, since_ms: int, limit: int
    ) -> list[AuditEvent]:
        """The newest ``limit`` events of each of those names, which ``grant_issued`` is none of.

        In the order of ``names``, and newest first.
        """
        values: dict[str, Any] = {f"event{place}": name for place, name in enumerate(names)}
        values |= {"workspace_id": workspace_id, "since_ms": since_ms, "most": limit}
        with self._database.read() as connection:
            rows = connection.execute(_newest_of_each(len(names)), values).all()
        newest_first = sorted(rows, key=lambda row: (row.at_ms, row.id), reverse=True)
        return sorted(map(_event, newest_first), key=lambda event: names.index(event.event))

    def following(
        self, query: Query, after: tuple[int, int], *, limit: int
    ) -> list[tuple[int, AuditEvent]]:
        """The oldest ``limit`` events of ``query`` beyond ``after``: a time in milliseconds and a number."""
        oldest_first = (
            matching(query)
            .where(_place() > tuple_(*after))
            .order_by(audit.c.at_ms, audit.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(oldest_first).all()
        return [(row[0], _event(row)) for row in rows]

    def purge(self, before_ms: int, *, limit: int) -> int:
        """Removes those of the ``limit`` oldest events that are from before then; says how many went."""
        oldest = select(audit.c.id, audit.c.at_ms).order_by(audit.c.id).limit(limit)
        with self._database.read() as connection:
            ids = [row.id for row in connection.execute(oldest) if row.at_ms < before_ms]
        if ids:
            with self._database.write() as connection:
                connection.execute(delete(audit).where(audit.c.id.in_(ids)))
        return len(ids)


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


def matching(query: Query) -> Select[Any]:
    """The events of ``query``, in no order.

    An engine that knows nothing of the values would take any index. So the one that leaves least is left to
    it: a grant has few events, and people and alarms have few beside the grants that are issued.
    """
    is_common = query.event == _COMMON
    of_event = (audit.c.event, query.event or None)
    by_worth = [
        (audit.c.grant_id, query.grant_id),
        *(() if is_common else (of_event,)),
        (audit.c.actor, query.actor or None),
        (audit.c.app_id, query.app_id),
        (audit.c.workspace_id, query.workspace_id),
        *((of_event,) if is_common else ()),
    ]
    given = [(column, value) for column, value in by_worth if value is not None]
    statement = select(*_COLUMNS)
    for column, value in given[:1]:
        statement = statement.where(column == value, *_worth_an_index(column, query))
    for column, value in given[1:]:
        statement = statement.where(_beside_its_index(column) == value)
    if query.since_ms is not None:
        statement = statement.where(audit.c.at_ms >= query.since_ms)
    if query.until_ms is not None:
        statement = statement.where(audit.c.at_ms < query.until_ms)
    return statement


@cache
def _newest_of_each(count: int) -> CompoundSelect[Any]:
    """One statement for so many names, each looked up in the index of events by itself. Built once."""
    lists = [
        select(*_COLUMNS)
        .where(audit.c.event == bindparam(f"event{place}"), *_worth_an_index(audit.c.event, _ANY))
        .where(_beside_its_index(audit.c.workspace_id) == bindparam("workspace_id"))
        .where(audit.c.at_ms >= bindparam("since_ms"))
        .order_by(audit.c.at_ms.desc(), audit.c.id.desc())
        .limit(bindparam("most"))
        for place in range(count)
    ]
    return union_all(*(select(each.subquery()) for each in lists))


def _worth_an_index(column: Column[Any], query: Query) -> list[ColumnElement[bool]]:
    """What a partial index asks for, in the words that it was made with: see ``store.schema``."""
    if column is audit.c.event and query.event != _COMMON:
        return [column != literal_column(f"'{_COMMON}'")]
    if column is audit.c.actor:
        return [column != literal_column("''")]
    return []


def _beside_its_index(column: Column[Any]) -> ColumnElement[Any]:
    # An expression is not what the index holds. Neither stand-in is a value that anything has.
    nothing = "''" if isinstance(column.type, String) else "0"
    return func.coalesce(column, literal_column(nothing))


def _place() -> Any:
    return tuple_(audit.c.at_ms, audit.c.id)


def _event(row: Row[Any]) -> AuditEvent:
    _, at_ms, event, app_id, grant_id, actor, detail, workspace_id, origin = tuple(row)
    told = msgspec.json.decode(detail)
    return AuditEvent(at_ms, event, app_id, grant_id, actor, told, workspace_id, origin)
