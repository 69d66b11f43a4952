"""A store copied to another, of whatever engine, while the first goes on serving.

Grants and the audit trail are compared in the order of their keys, a chunk at a time, and only what differs
is written: so a copy that was stopped goes on where it was, and one that is made again takes over what
changed since. All other tables are small, and replaced in one transaction. A copy that began before the
source came to rest may mix moments, so the target is closed until a last run has found it the same as a
source that nobody works on any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from remint.errors import Conflict, StoreError
from remint.store import closure
from remint.store.database import Database
from remint.store.numbering import last_numbers, set_last_numbers
from remint.store.schema import audit, grants, meta, metadata

_CHUNK: Final = 1_000
_LONG: Final = (grants, audit)
_SHORT: Final = tuple(table for table in metadata.sorted_tables if table not in _LONG)
_WHOLE: Final = 1 << 256

Row = tuple[Any, ...]


class Progress(Protocol):
    """What shows how far it is."""

    def advance(self, rows: int) -> None:
        """So many rows are compared in all."""


class Copied(msgspec.Struct):
    """What a run came to. ``digests`` are of both sides, by table, where it was the last."""

    rows: int = 0
    written: int = 0
    removed: int = 0
    digests: dict[str, str] = {}


class Copying:
    """From ``source`` to ``target``, whose schemas are the present one, by their ``names``."""

    def __init__(self, source: Database, target: Database, names: tuple[str, str]) -> None:
        self._source = source
        self._target = target
        self._names = names

    def check(self) -> None:
        """Raises ``Conflict`` where the target is not for this copy, or the source is none of a copy."""
        with self._source.read() as connection:
            ours = _installation(connection)
            reason = closure.reason_of(connection)
        if ours is None:
            raise Conflict(f"{self._names[0]}: there is no installation in this database")
        if reason not in (None, self._moved):
            raise Conflict(f"{self._names[0]}: {reason}")
        with self._target.read() as connection:
            theirs = _installation(connection)
            is_open = closure.reason_of(connection) is None
        if theirs not in (None, ours):
            raise Conflict(f"{self._names[1]}: another installation is in this database ({theirs})")
        if theirs is not None and is_open:
            raise Conflict(
                f"{self._names[1]}: this installation works on this database already; what is in it"
                " would be overwritten"
            )

    def size(self) -> int:
        """How many rows there are to compare."""
        with self._source.read() as connection:
            return sum(
                connection.scalar(select(func.count()).select_from(each)) or 0 for each in _LONG
            )

    def run(self, progress: Progress) -> Copied:
        """Takes over what differs, while others work on the source. The target stays closed."""
        with self._target.write() as connection:
            closure.close(connection, f"it is a copy of {self._names[0]} that is not finished")
        copied = Copied()
        for table in _LONG:
            self._take_over(table, copied, progress)
        self._replace()
        return copied

    def finish(self, progress: Progress) -> Copied:
        """The last run, of a source that nobody works on: it is closed, and the target opened.

        Raises ``StoreError`` where the two are not the same then; both stay closed.
        """
        with self._source.write() as connection:
            closure.close(connection, self._moved)
        copied = self.run(progress)
        copied.digests = _digests(self._source)
        theirs = _digests(self._target)
        for table, digest in copied.digests.items():
            if digest != theirs[table]:
                raise StoreError(
                    f"{table} is not the same on both sides: does somebody work on {self._names[0]}?"
                )
        with self._target.write() as connection:
            closure.reopen(connection)
        return copied

    @property
    def _moved(self) -> str:
        return f"it was moved to {self._names[1]}"

    def _take_over(self, table: Table, copied: Copied, progress: Progress) -> None:
        key = table.primary_key.columns[0]
        after, more = -1, True
        while more:
            query = select(table).where(key > after).order_by(key).limit(_CHUNK)
            with self._source.read() as connection:
                ours = _rows(connection.execute(query))
            more = len(ours) == _CHUNK
            held = select(table).where(key > after)
            if more:
                after = ours[-1][0]
                held = held.where(key <= after)
            with self._target.read() as connection:
                theirs = _rows(connection.execute(held))
            self._write(table, set(ours), set(theirs), copied)
            copied.rows += len(ours)
            progress.advance(copied.rows)

    def _write(self, table: Table, ours: set[Row], theirs: set[Row], copied: Copied) -> None:
        fresh, stale = ours - theirs, theirs - ours
        if not fresh and not stale:
            return
        key = table.primary_key.columns[0]
        with self._target.write() as connection:
            if stale:
                # Before what is in their place; the trail knows no change of a line, only lines.
                connection.execute(delete(table).where(key.in_([row[0] for row in stale])))
            if fresh:
                connection.execute(insert(table), _named(table, sorted(fresh)))
        copied.written += len(fresh)
        copied.removed += len(stale)

    def _replace(self) -> None:
        with self._source.snapshot() as connection:
            rows = {table: list(_kept(connection, table)) for table in _SHORT}
            numbers = last_numbers(connection)
        with self._target.write() as connection:
            for table in reversed(_SHORT):
                connection.execute(delete(table).where(*_common(table)))
            for table in _SHORT:
                if rows[table]:
                    connection.execute(insert(table), _named(table, rows[table]))
            set_last_numbers(connection, numbers)


def _installation(connection: Connection) -> str | None:
    return connection.scalar(select(meta.c.value).where(meta.c.key == "installation_id"))


def _digests(database: Database) -> dict[str, str]:
    """Of each table: the sum of its rows' SHA-256, whatever order an engine gives them in."""
    found = {}
    encode = msgspec.json.Encoder().encode
    with database.snapshot() as connection:
        for table in (*_SHORT, *_LONG):
            total = 0
            for row in _kept(connection, table):
                total += int.from_bytes(hashlib.sha256(encode(row)).digest(), "big")
            found[table.name] = f"{total % _WHOLE:064x}"
    return found


def _kept(connection: Connection, table: Table) -> Iterable[Row]:
    query = select(table).where(*_common(table)).execution_options(yield_per=_CHUNK)
    return (tuple(row) for row in connection.execute(query))


def _common(table: Table) -> Sequence[ColumnElement[bool]]:
    """That a database is closed is of one side only."""
    return (meta.c.key != closure.CLOSED,) if table is meta else ()


def _rows(found: Iterable[Any]) -> list[Row]:
    return [tuple(row) for row in found]


def _named(table: Table, rows: Iterable[Row]) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]
