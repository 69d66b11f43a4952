"""One line of a table of bad requests: its name, what is wrong with it, and the documented answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.contracts.badinput.draft import Draft
from tests.contracts.badinput.fault import Fault
from tests.contracts.badinput.treasury import Treasury

Change = Callable[[Draft, Treasury], None]


@dataclass(frozen=True)
class Row:
    """``change`` spoils a request that would have done; ``fault`` is what the contract says to it.

    ``form`` names which of the dialect's good requests it starts from. A ``slow`` row takes as long as the
    server's patience.
    """

    name: str
    change: Change
    fault: Fault
    form: str = "renewal"
    slow: bool = False

    @property
    def id(self) -> str:
        """For pytest: unique in its table."""
        return f"{self.form}: {self.name}"


def done(change: Callable[[Draft], object]) -> Change:
    """A change that needs no credentials."""
    return lambda draft, _treasury: void(change(draft))


def void(_value: object) -> None:
    """Nothing."""
