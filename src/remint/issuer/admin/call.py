"""A request that was admitted, and what is answered to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from remint.errors import NotFound
from remint.issuer.actor import Actor
from remint.issuer.endpoints.service import Service
from remint.issuer.installation import Installation
from remint.issuer.people.access import Principal
from remint.store.records import Workspace

#: Beyond this no row has a number, and no database takes one.
_LONGEST_NUMBER: Final = 15


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler answers; the status is its operation's.

    ``version`` becomes the ``ETag``, ``location`` (below ``/admin/v1``) the address of what was created.
    ``stream`` takes the place of ``body``: chunks, made one after the other in a thread.
    """

    body: Any = None
    version: int | None = None
    location: str = ""
    stream: Iterator[bytes] | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, by somebody who may make it. ``query`` and ``body`` are what the operation says.

    ``expected`` is the version that the caller last saw, ``None`` where it did not say.
    """

    service: Service
    principal: Principal
    path: dict[str, str]
    within: Workspace | None = None
    query: Any = None
    body: Any = None
    expected: int | None = None

    @property
    def installation(self) -> Installation:
        """What the use cases work on."""
        return self.service.installation

    @property
    def workspace(self) -> Workspace:
        """The workspace of the path. Only for operations that have one there."""
        assert self.within is not None, "the operation's path names no workspace"
        return self.within

    @property
    def actor(self) -> Actor:
        """Whom the audit trail names."""
        return self.principal.actor

    def number(self, name: str) -> int:
        """A part of the path that is a number. Raises ``NotFound`` for what is none."""
        return number_in(self.path[name], name)


def number_in(text: str, name: str) -> int:
    """The number that ``text`` is: the id of a ``name``. Raises ``NotFound`` for what no row can have."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise NotFound(f"there is no {name} {text!r}")
    return int(text)
