"""What a command prints: a table or a record for people, JSON for machines."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import typer

_WIDE = 100_000


def print_json(value: Any) -> None:
    """One JSON document, indented."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def print_rows(
    columns: Sequence[str], found: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str
) -> None:
    """What was ``found``, whole as JSON for machines, or its ``columns`` as a table for people."""
    if as_json:
        print_json(found)
    else:
        print_table(columns, ([each[key] for key in columns] for each in found), empty=empty)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """A table; ``empty`` where it has no rows, on standard error."""
    from rich import box
    from rich.table import Table

    found = [[_cell(value) for value in row] for row in rows]
    if not found:
        typer.echo(empty, err=True)
        return
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in found:
        table.add_row(*row)
    print_rich(table)


def print_record(fields: Mapping[str, Any]) -> None:
    """One thing: a line for each field that says something."""
    said = {
        name.replace("_", " "): _plain(value)
        for name, value in fields.items()
        if value not in (None, "", {}, [])
    }
    width = max(map(len, said), default=0)
    for name, text in said.items():
        typer.echo(f"{typer.style(name.ljust(width), dim=True)}  {text}")


def tell(told: Mapping[str, Any], *, as_json: bool, secret: str = "") -> None:
    """A record, either way; with ``secret``, the name of a credential in it that is shown this once."""
    if as_json:
        print_json(told)
        return
    print_record(told)
    if secret:
        remark(f"\nKeep the {secret} now: it is not stored as such, and not shown again.")


def remark(text: str) -> None:
    """A word to the person, on standard error, so that what is piped is not disturbed."""
    typer.echo(text, err=True)


def counted(number: int) -> str:
    """So many connections, with the verb."""
    return "1 connection is" if number == 1 else f"{number:,} connections are"


def moment(seconds: int | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC; ``None`` for 0 or ``None``, which stand for never."""
    if not seconds:
        return None
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _cell(value: Any) -> Any:
    from rich.text import Text

    # As text, not markup: what people name their apps may have brackets in it.
    return Text("–", style="dim") if value in (None, "") else Text(_plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def print_rich(renderable: Any) -> None:
    """What rich can draw, as wide as it likes where no terminal folds it."""
    from rich.console import Console

    # In a pipe nothing is folded: a program reads whole lines.
    width = None if sys.stdout.isatty() else _WIDE
    Console(width=width, highlight=False, soft_wrap=False).print(renderable)
