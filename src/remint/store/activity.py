"""How often what happened: counts by series and time, to draw charts from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import zip_longest
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    Select,
    String,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from remint.store.database import Database
from remint.store.schema import activity, apps

ALL: Final = "all"
"""The series of everything that the installation does."""
_APP: Final = "app:"
_LOOKED_AT: Final = 200

_INSERTS: Final[Mapping[str, Callable[..., Any]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class Step(NamedTuple):
    """Where counts belong: a series, and the ``span`` seconds from ``at`` (since the epoch) on."""

    series: str
    span: int
    at: int


class Counts(msgspec.Struct, array_like=True):
    """Calls by outcome, and by how long they took: ``latency`` counts by place in a histogram."""

    outcomes: dict[str, int] = {}
    latency: list[int] = []

    def count(self, outcome: str, place: int, times: int) -> None:
        """Counts so many calls of that outcome, whose latency has that place."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + times
        if len(self.latency) <= place:
            self.latency += [0] * (place + 1 - len(self.latency))
        self.latency[place] += times


def sum_of(several: Iterable[Counts]) -> Counts:
    """All of them added up."""
    outcomes: dict[str, int] = {}
    lines = []
    for counts in several:
        lines.append(counts.latency)
        for outcome, times in counts.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + times
    return Counts(outcomes, list(map(sum, zip_longest(*lines, fillvalue=0))))


#: Built once: every chart asks it.
_STEPS: Final = (
    select(activity.c.at, activity.c.counts)
    .where(activity.c.series == bindparam("in_series"), activity.c.span == bindparam("in_span"))
    .where(activity.c.at >= bindparam("since"), activity.c.at < bindparam("until"))
    .order_by(activity.c.at)
)
_decode: Final = msgspec.json.Decoder(Counts).decode
_decode_all: Final = msgspec.json.Decoder(list[Counts]).decode


def app_series(app_id: int) -> str:
    """The series of one app."""
    return f"{_APP}{app_id}"


def workspace_series(workspace_id: int) -> str:
    """The series of all apps of a workspace."""
    return f"workspace:{workspace_id}"


@cache
def _still_apps() -> Select[Any]:
    candidates = (
        select(apps.c.id, apps.c.client_id, apps.c.name)
        .where(apps.c.workspace_id == bindparam("workspace"), apps.c.disabled_at == 0)
        .where(apps.c.created_at < bindparam("since"))
        .order_by(apps.c.id)
        .limit(_LOOKED_AT)
        .subquery()
    )
    happened = (
        select(activity.c.at)
        .where(activity.c.series == literal(_APP) + cast(candidates.c.id, String))
        .where(activity.c.span == bindparam("in_span"), activity.c.at >= bindparam("since"))
        .exists()
    )
    still = select(candidates.c.client_id, candidates.c.name).where(~happened)
    return still.order_by(candidates.c.id).limit(bindparam("most"))


class Activity:
    """Adds to the counts and reads them. Every method may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, counts: Mapping[Step, Counts]) -> None:
        """Adds to each step, in one transaction: what several processes add sums up."""
        if not counts:
            return
        columns = activity.c
        with self._database.write() as connection:
            # The row is there before it is read, and stays locked until it is written: on every engine
            # another process adds to what this one has added. All lock in one order, so that none waits
            # for another that waits for it.
            made = _INSERTS[connection.dialect.name](activity).on_conflict_do_nothing()
            connection.execute(
                made, [{**step._asdict(), "counts": "[]"} for step in sorted(counts)]
            )
            mine = tuple_(columns.series, columns.span, columns.at).in_(counts)
            query = select(activity).where(mine).order_by(*activity.primary_key).with_for_update()
            held = {
                Step(row.series, row.span, row.at): _decode(row.counts)
                for row in connection.execute(query)
            }
            changed = (
                update(activity)
                .where(columns.series == bindparam("in_series"))
                .where(columns.span == bindparam("in_span"), columns.at == bindparam("from_at"))
            )
            rows = []
            for step, before in held.items():
                told = msgspec.json.encode(sum_of((before, counts[step]))).decode()
                place = {"in_series": step.series, "in_span": step.span, "from_at": step.at}
                rows.append({**place, "counts": told})
            connection.execute(changed, rows)

    def read(self, series: str, span: int, since: int, until: int) -> list[tuple[int, Counts]]:
        """The steps of a series in which something happened, from ``since`` on and before ``until``."""
        asked = {"in_series": series, "in_span": span, "since": since, "until": until}
        with self._database.read() as connection:
            rows = connection.execute(_STEPS, asked).all()
        # All at once: a month has hundreds of rows, and a chart waits for each.
        counts = _decode_all(f"[{','.join([row[1] for row in rows])}]")
        return [(row[0], each) for row, each in zip(rows, counts, strict=True)]

    def still_apps(
        self, workspace_id: int, span: int, since: int, *, limit: int
    ) -> list[tuple[str, str]]:
        """Enabled apps of a workspace, made before ``since``, in whose series nothing happened from then on.

        Each as its client id and name; of many apps only the oldest are looked at.
        """
        asked = {"workspace": workspace_id, "in_span": span, "since": since, "most": limit}
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(_still_apps(), asked)]

    def forget_oldest(self, span: int, before: int) -> bool:
        """Removes the oldest moment of that span if it is from before then; whether there was one.

        A moment has as many rows as there were series, so that each call is a small step.
        """
        of_span = activity.c.span == span
        with self._database.read() as connection:
            oldest = connection.scalar(select(func.min(activity.c.at)).where(of_span))
        if oldest is None or oldest >= before:
            return False
        with self._database.write() as connection:
            connection.execute(delete(activity).where(of_span, activity.c.at == oldest))
        return True
