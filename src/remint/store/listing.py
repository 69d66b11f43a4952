"""Grants as people list them: newest first, page by page, in a time that does not grow with their number."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    TextClause,
    bindparam,
    func,
    select,
    text,
    tuple_,
)

from remint.store.database import Database
from remint.store.grantkey import grant_key
from remint.store.ledger import held_of, subject_key, with_terms
from remint.store.protocols import Held
from remint.store.schema import apps, grants

#: An engine takes only so many values in one statement.
_AT_ONCE: Final = 500
_LISTS_AT_ONCE: Final = 100
#: A ``Place`` that is given with the values.
_BEYOND: Final[tuple[Any, Any]] = (bindparam("created_at"), bindparam("key"))


class Place(NamedTuple):
    """Where a grant stands in a list: when it was made, in seconds, and its key."""

    created_at: int
    key: int


def place_of(held: Held) -> Place:
    """Where this one stands."""
    return Place(held.grant.created_at, grant_key(held.grant.id))


class Listing:
    """Lists grants. Every method may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_app(self, app_id: int, *, beyond: Place | None = None, limit: int) -> list[Held]:
        """The newest grants of an app, newest first; with ``beyond``, of those that come after it."""
        with self._database.read() as connection:
            return _in_full(connection, _newest_of(connection, [app_id], beyond, limit))

    def of_workspace(
        self, workspace_id: int | None, *, beyond: Place | None = None, limit: int
    ) -> list[Held]:
        """The same of all apps of a workspace, or of all apps that there are.

        It takes one look into the index for each app, and then a list for each of the apps that can be on
        the page: the ``limit`` apps whose newest grants are the newest.
        """
        values: dict[str, int] = {"most": limit}
        if workspace_id is not None:
            values["workspace_id"] = workspace_id
        if beyond is not None:
            values |= beyond._asdict()
        query = _owners(is_narrow=workspace_id is not None, is_beyond=beyond is not None)
        with self._database.read() as connection:
            places: list[Place] = []
            app_ids = connection.scalars(query, values).all()
            for start in range(0, len(app_ids), _LISTS_AT_ONCE):
                some = app_ids[start : start + _LISTS_AT_ONCE]
                places += _newest_of(connection, some, beyond, limit)
            return _in_full(connection, heapq.nlargest(limit, places))

    def of_subject(
        self,
        subject: str,
        *,
        app_id: int | None = None,
        workspace_id: int | None = None,
        beyond: Place | None = None,
        limit: int,
    ) -> list[Held]:
        """The grants of a subject to one app, or in one workspace, or anywhere; newest first.

        It reads the places of all that the subject has there: few, unless its policy lets them pile up.
        """
        asked = select(apps.c.id)
        if app_id is not None:
            asked = asked.where(apps.c.id == app_id)
        if workspace_id is not None:
            asked = asked.where(apps.c.workspace_id == workspace_id)
        places: list[Place] = []
        with self._database.read() as connection:
            app_ids = connection.scalars(asked).all()
            for start in range(0, len(app_ids), _AT_ONCE):
                some = app_ids[start : start + _AT_ONCE]
                query = _newest_first(grants, beyond).where(
                    grants.c.subject_key.in_([subject_key(each, subject) for each in some]),
                    grants.c.subject == subject,
                    # As an expression: the index of an app's grants is of no use here.
                    func.coalesce(grants.c.app_id, 0).in_(some),
                )
                places += [Place(*row) for row in connection.execute(query.limit(limit)).all()]
            return _in_full(connection, heapq.nlargest(limit, places))

    def count(self, app_id: int, most: int) -> int:
        """How many grants an app has, counted up to ``most``."""
        some = select(grants.c.key).where(grants.c.app_id == app_id).limit(most).subquery()
        with self._database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(some)) or 0)


def _newest_first(of: FromClause, beyond: tuple[Any, Any] | None) -> Select[Any]:
    query = select(of.c.created_at, of.c.key)
    if beyond is not None:
        query = query.where(tuple_(of.c.created_at, of.c.key) < tuple_(*beyond))
    return query.order_by(of.c.created_at.desc(), of.c.key.desc())


@cache
def _owners(*, is_narrow: bool, is_beyond: bool) -> Select[Any]:
    """The apps, or a workspace's, whose newest grants are the newest: built once, it takes a while."""
    each = grants.alias("each")
    newest = _newest_first(each, _BEYOND if is_beyond else None).with_only_columns(each.c.key)
    newest = newest.where(each.c.app_id == apps.c.id).correlate(apps).limit(1)
    query = select(apps.c.id).join(grants, grants.c.key == newest.scalar_subquery())
    if is_narrow:
        query = query.where(apps.c.workspace_id == bindparam("workspace_id"))
    query = query.order_by(grants.c.created_at.desc(), grants.c.key.desc())
    return query.limit(bindparam("most"))


def _newest_of(
    connection: Connection, app_ids: Sequence[int], beyond: Place | None, limit: int
) -> list[Place]:
    """The newest grants of several apps, merged by the engine: a statement for each would take longer."""
    values: dict[str, int] = {f"app{n}": app_id for n, app_id in enumerate(app_ids)}
    values["most"] = limit
    if beyond is not None:
        values |= beyond._asdict()
    query = _merged(len(app_ids), is_beyond=beyond is not None)
    return [Place(*row) for row in connection.execute(query, values).all()]


@cache
def _merged(count: int, *, is_beyond: bool) -> TextClause:
    older = " AND (created_at, key) < (:created_at, :key)" if is_beyond else ""
    newest = "ORDER BY created_at DESC, key DESC LIMIT :most"
    # S608: only places for values are put together here.
    lists = " UNION ALL ".join(
        f"SELECT * FROM (SELECT created_at, key FROM grants WHERE app_id = :app{n}{older} {newest}) AS l{n}"  # noqa: S608
        for n in range(count)
    )
    return text(f"SELECT created_at, key FROM ({lists}) AS lists {newest}")  # noqa: S608


def _in_full(connection: Connection, places: Sequence[Place]) -> list[Held]:
    held: dict[int, Held] = {}
    for start in range(0, len(places), _AT_ONCE):
        keys = [place.key for place in places[start : start + _AT_ONCE]]
        rows = connection.execute(with_terms().where(grants.c.key.in_(keys))).all()
        held |= {row.key: held_of(row) for row in rows}
    return [held[place.key] for place in places if place.key in held]
