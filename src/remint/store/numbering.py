"""The last number that each table has given out: it is not given out again, even if its row is gone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Integer, Table, func, select, text

from remint.store.schema import grants, metadata

_NUMBERED = tuple(
    table
    for table in metadata.sorted_tables
    if table is not grants
    and [column.name for column in table.primary_key] == ["id"]
    and isinstance(table.c.id.type, Integer)
)


def last_numbers(connection: Connection) -> dict[str, int]:
    """By table; 0 for one that has given out none."""
    return {table.name: _last(connection, table) for table in _NUMBERED}


def set_last_numbers(connection: Connection, numbers: Mapping[str, int]) -> None:
    """Has each table go on after its number."""
    for name, number in numbers.items():
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :next, false)"),
                {"name": name, "next": number + 1},
            )
        elif _keeps_number(metadata.tables[name]):
            values = {"name": name, "number": number}
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
            connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :number)"), values)


def _last(connection: Connection, table: Table) -> int:
    highest: int = connection.scalar(select(func.max(table.c.id))) or 0
    if connection.dialect.name == "postgresql":
        given = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id'))")
    elif _keeps_number(table):
        given = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    else:
        return highest
    return max(highest, connection.scalar(given, {"name": table.name}) or 0)


def _keeps_number(table: Table) -> bool:
    """SQLite gives a number out again where its row was the last, unless the table asks it not to."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])
