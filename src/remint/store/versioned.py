"""Rows that carry a version: a change says which one it was made from, and the first of two wins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, delete, exists, select, update

from remint.errors import NotFound, StaleVersion


def change(
    connection: Connection,
    table: Table,
    row_id: int,
    values: dict[str, Any],
    *,
    expected: int | None,
    what: str,
) -> None:
    """Writes ``values`` to the row of that id, and raises its version.

    With ``expected``, only if the version is still that one. ``what`` names the row in the errors: raises
    ``StaleVersion`` where somebody was quicker, ``NotFound`` where the row is gone.
    """
    raised = {**values, "version": table.c.version + 1}
    done = connection.execute(
        update(table).where(*_as_expected(table, row_id, expected)).values(raised)
    )
    if not done.rowcount:
        raise _lost(connection, table, row_id, what)


def remove(
    connection: Connection, table: Table, row_id: int, *, expected: int | None, what: str
) -> None:
    """Deletes the row of that id, on the same terms as ``change``."""
    done = connection.execute(delete(table).where(*_as_expected(table, row_id, expected)))
    if not done.rowcount:
        raise _lost(connection, table, row_id, what)


def _as_expected(table: Table, row_id: int, expected: int | None) -> list[Any]:
    mine = [table.c.id == row_id]
    return mine if expected is None else [*mine, table.c.version == expected]


def _lost(connection: Connection, table: Table, row_id: int, what: str) -> Exception:
    if connection.scalar(select(exists().where(table.c.id == row_id))):
        return StaleVersion(
            f"{what} was changed meanwhile; nothing was overwritten: read it again, and decide anew"
        )
    return NotFound(f"{what} is not there any more")
