"""What a fault makes of a command: its exit status, and what is missing where a part is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from remint.cli.commands import COMMANDS
from remint.errors import (
    ConnectionDead,
    NotFound,
    RemintError,
    RenewalDelayed,
    StoreUnavailable,
    UnknownConnection,
)

STATUSES: Final[dict[type[RemintError], int]] = {
    ConnectionDead: 3,
    RenewalDelayed: 4,
    StoreUnavailable: 4,
    UnknownConnection: 5,
}
"""Beside 0 (done), 1 (any other fault) and 2 (wrong usage)."""


class NoStore(NotFound):
    """There is no keeper's store at a place, and so no connection."""

    def __init__(self, place: object) -> None:
        super().__init__(
            f"{place}: there is no keeper's store here; `remint connect NAME` makes one, "
            "and --store or REMINT_KEEPER_STORE says where another is"
        )


def status_of(error: RemintError) -> int:
    """The exit status for an error."""
    if isinstance(error, NoStore):
        return STATUSES[UnknownConnection]
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 1)


def lack_of(package: str, arguments: Sequence[str]) -> str:
    """What to say where ``package`` is not installed and the command needs it."""
    first = next((word for word in arguments if not word.startswith("-")), "")
    needed = COMMANDS[first].extra if first in COMMANDS else "cli"
    return (
        f"`remint {first}` needs what `pip install 'remint[{needed}]'` adds ({package} is missing)"
    )
