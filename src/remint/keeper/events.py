"""What a keeper tells of itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Literal

import msgspec

Kind = Literal[
    "connected",
    "renewed",
    "recovered",
    "delayed",
    "in_doubt",
    "unreadable",
    "dead",
    "login",
    "forgotten",
]

_log = logging.getLogger("remint.keeper")
_LOUD: Final = frozenset({"in_doubt", "unreadable", "dead", "login"})


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a connection.

    ``connected``, ``forgotten``: made, deleted. ``renewed``: a new token is stored. ``recovered``: so, after
    a renewal whose answer was in doubt. ``delayed``: nothing is lost; ``retry_after_ms`` says when to go on.
    ``in_doubt``: a call may have been made, and its answer has not come. ``unreadable``: the provider says
    that all is well in a way that the dialect does not understand; the answer is kept. ``dead``: the refresh
    token is no good any more. ``login``: something else has to be put right by a person. Each of the last two
    is told once for a connection, by the process that found it out.
    """

    kind: Kind
    name: str
    at_ms: int
    code: str = ""
    description: str = ""
    retry_after_ms: int = 0


Listener = Callable[[Event], None]


def teller(listeners: list[Listener]) -> Listener:
    """A listener that logs an event and passes it on. A listener's own fault is logged, and stops nothing."""

    def tell(event: Event) -> None:
        level = logging.WARNING if event.kind in _LOUD else logging.INFO
        words = ": ".join(part for part in (event.code, event.description) if part)
        _log.log(level, "%s %s %s", event.name, event.kind, words)
        for listener in tuple(listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001
                _log.exception("a listener failed at %s of %s", event.kind, event.name)

    return tell
