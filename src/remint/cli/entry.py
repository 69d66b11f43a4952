"""From a line of a shell to a command, or to one line that says what is wrong."""

from __future__ import annotations

import sys

from remint.errors import RemintError

#: What the extra ``cli`` brings, by the names of its modules.
_OF_CLI = frozenset({"click", "rich", "typer"})


def run() -> None:
    """Runs the command that the arguments name, and ends with its exit status."""
    try:
        from remint.cli.root import app
    except ModuleNotFoundError as error:
        if _package(error) not in _OF_CLI:
            raise
        _end("this needs what `pip install 'remint[cli]'` adds", 1)
    from remint.cli import fault

    try:
        app()
    except RemintError as error:
        _end(" ".join(str(error).split()), fault.status_of(error))
    except ModuleNotFoundError as error:
        if _package(error) == "remint":
            raise
        _end(fault.lack_of(_package(error), sys.argv[1:]), 1)


def _package(error: ModuleNotFoundError) -> str:
    return (error.name or "").partition(".")[0]


def _end(text: str, status: int) -> None:
    sys.stderr.write(f"remint: {text}\n")
    sys.exit(status)
