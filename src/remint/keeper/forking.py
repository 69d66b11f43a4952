"""What a forked child makes anew: the locks, threads and connections that it finds are the parent's."""

from __future__ import annotations

import os
import weakref
from typing import Any, Final, Protocol


class Forkable(Protocol):
    """Something that holds what is one process's own."""

    def forked(self) -> None:
        """Makes that anew. Called in a child, before anything else runs there."""


_followed: Final[weakref.WeakSet[Any]] = weakref.WeakSet()
_left_to_parent: Final[list[object]] = []


def follow_forks(it: Forkable) -> None:
    """Has ``it.forked()`` called in each child, for as long as ``it`` lives."""
    _followed.add(it)


def leave_to_parent(it: object) -> None:
    """Keeps what is the parent's from being freed here: that alone may close or write to its connections."""
    _left_to_parent.append(it)


def _after_fork() -> None:
    for it in list(_followed):
        it.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
