"""What happens to a request to an API: the token is shown, and once more if it had run out. Without I/O."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from enum import Enum
from typing import Any, NamedTuple

from remint.keeper.access import Access


class Ask(NamedTuple):
    """The keeper is to be asked for a token other than ``rejected``; where that is empty, for any."""

    rejected: str


class Show(NamedTuple):
    """The request is to be sent with this token, and a ``Verdict`` is wanted of its answer."""

    access: Access


class Verdict(Enum):
    """What an answer means to whoever showed a token."""

    DONE = "nothing more is to be done"
    EXPIRED = "the token has run out, and the request can be sent again"
    UNSEEN = "a redirect within the API has lost the token, and the request can be sent again"


def turns(access: Access | None = None) -> Generator[Ask | Show, Any, None]:
    """Yields what is to be done. With ``access`` that token is at hand already.

    An answer that says "expired" to the second token too is the caller's: the token was not at fault.
    """
    if access is None:
        access = yield Ask("")
    verdict = yield Show(access)
    if verdict is Verdict.UNSEEN:
        verdict = yield Show(access)
    if verdict is Verdict.EXPIRED:
        other = yield Ask(access.token)
        if other.token != access.token:
            yield Show(other)


class Course:
    """Walks through turns: for each one that it gives, what came of it is fed back."""

    def __init__(self, turns: Generator[Ask | Show, Any, None]) -> None:
        self._turns = turns
        self._fed: Access | Verdict | None = None

    def feed(self, result: Access | Verdict) -> None:
        """What came of the last turn."""
        self._fed = result

    def __iter__(self) -> Iterator[Ask | Show]:
        return self

    def __next__(self) -> Ask | Show:
        return self._turns.send(self._fed)
