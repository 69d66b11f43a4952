"""What the renewal flow wants done: the driver does it and sends the result back in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from remint.dialect import WireRequest
from remint.keeper.connection import Held


class Do(NamedTuple):
    """A short blocking call of the store. ``step`` names it, for tests and traces."""

    step: str
    work: Callable[[], Any]


class Send(NamedTuple):
    """A request to the provider. Right before its first byte ``may_send`` is asked once more.

    ``keep`` names the headers of the answer, in lower case, that its dialect reads.
    """

    wire: WireRequest
    may_send: Callable[[], bool]
    keep: frozenset[str] = frozenset()


class Sleep(NamedTuple):
    """Nothing, for a while. ``is_urgent`` where an answer is at hand that is not yet saved."""

    ms: int
    is_urgent: bool = False


class Received(NamedTuple):
    """The provider answered; ``headers`` have names in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    elapsed_ms: int

    def __repr__(self) -> str:
        return f"Received(status={self.status!r}, …)"


class Unsent(NamedTuple):
    """Not a byte of the request has left."""

    why: str


class Lost(NamedTuple):
    """The request, or a part of it, has left, and no whole answer came."""

    why: str


Effect = Do | Send | Sleep
Flow = Generator[Effect, Any, Held]
