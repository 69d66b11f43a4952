"""Writes the pages that are made from code: the references of the command and the admin API, and OpenAPI.

``make docs`` writes them; with ``--check`` nothing is written, and a page that is out of date is an error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def command_reference() -> str:
    """``docs/cli.md``: each command, its arguments and options, as its own help tells them."""
    import typer

    from remint.cli import app

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="remint")
    # A table cell is as wide as it needs to be: help must not be wrapped.
    context.max_content_width = context.terminal_width = 10_000
    page = [
        "# The command",
        "Made by `make docs` from the command itself; do not edit. `remint COMMAND --help` says the same.",
        *_command("remint", command, context, level=2),
    ]
    return "\n\n".join(page) + "\n"


def _command(name: str, command: Any, context: Any, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{name}`"
    if command.help:
        yield _paragraphs(command.help)
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```console\n$ {name} {pieces}\n```"
    yield from _parameters(command, context)
    if command.epilog:
        yield _paragraphs(command.epilog)
    for child_name in getattr(command, "commands", ()):
        child = command.commands[child_name]
        if not child.hidden:
            nested = type(context)(child, info_name=child_name, parent=context)
            yield from _command(f"{name} {child_name}", child, nested, level + 1)


def _parameters(command: Any, context: Any) -> Iterator[str]:
    records = [
        parameter.get_help_record(context)
        for parameter in command.get_params(context)
        if parameter.name != "help"
    ]
    rows = [f"| `{_cell(what)}` | {_cell(text)} |" for what, text in filter(None, records)]
    if rows:
        yield "\n".join(["| argument or option | what it does |", "| --- | --- |", *rows])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _paragraphs(text: str) -> str:
    # Click marks a paragraph that must keep its lines with a backspace.
    return text.replace("\b\n", "").split("\f")[0].strip()


def openapi_description() -> str:
    """``docs/openapi.json``: the endpoints of the dialects that Remint brings along."""
    import remint
    from remint.dialect import load_all, openapi

    description = openapi(
        list(load_all([]).values()),
        server_url="http://127.0.0.1:8080",
        title="Remint",
        version=remint.__version__,
    )
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def admin_reference() -> str:
    """``docs/admin-operations.md``: each operation, and the command and the page that do the same."""
    from remint.issuer.admin import OPERATIONS

    page = [
        "# The admin API's operations",
        (
            "Made by `make docs` from the operations themselves; do not edit."
            " [Administration](administration.md) says how they are called, and"
            " `/admin/v1/openapi.json` of a server what travels. Paths are below `/admin/v1`."
            " The command and the page named in a row do the same as the operation."
        ),
    ]
    for tag in dict.fromkeys(each.tag for each in OPERATIONS):
        rows = [_operation_row(each) for each in OPERATIONS if each.tag == tag]
        head = [
            "| operation | what it does | permission | `If-Match` | command | page |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        page += [f"## {tag}", "\n".join([*head, *rows])]
    return "\n\n".join([*page, *_pages_alone()]) + "\n"


def _operation_row(operation: Any) -> str:
    permission = f"`{operation.permission}`" if operation.permission else "any key"
    command = _counterpart(operation.command, "remint ")
    cells = [
        f"`{operation.method} {operation.path}`",
        f"{operation.summary}. {operation.description}".strip(),
        "none" if operation.public else permission,
        operation.versioned,
        command,
        _counterpart(operation.page, ""),
    ]
    return f"| {' | '.join(_cell(each) for each in cells)} |"


def _counterpart(name: str, prefix: str) -> str:
    return name if name.startswith("no: ") else f"`{prefix}{name}`"


def _pages_alone() -> Iterator[str]:
    from remint.issuer.console.pages import PAGES as CONSOLE_PAGES

    alone = [each for each in CONSOLE_PAGES if each.method == "POST" and not each.operation]
    rows = [f"| `{each.name}` | {_cell(each.alone)} |" for each in alone]
    yield "## What only the console does"
    yield "\n".join(["| page | why there is no operation |", "| --- | --- |", *rows])


PAGES = {
    "docs/cli.md": command_reference,
    "docs/openapi.json": openapi_description,
    "docs/admin-operations.md": admin_reference,
}


def out_of_date() -> list[str]:
    """The generated pages that differ from what would be generated now."""
    return [name for name in PAGES if _current(ROOT / name) != PAGES[name]()]


def _current(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def main(arguments: Sequence[str]) -> int:
    """Writes the pages, or checks them. Returns the exit status."""
    stale = out_of_date()
    if "--check" in arguments:
        for name in stale:
            print(f"{name} is out of date; run make docs", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).write_text(PAGES[name]())
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
