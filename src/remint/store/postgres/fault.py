"""What an error of the database says about what became of a transaction."""

from __future__ import annotations

from typing import Final

#: Another transaction was in the way: a deadlock, or an engine that wants this one tried again. An engine
#: says so instead of a commit, too, and then the transaction has left nothing behind.
_REFUSED: Final = ("40001", "40P01")


def is_refused(error: BaseException | None) -> bool:
    """Whether nothing of the transaction was done, and the same one may do if it is tried again."""
    return getattr(error, "sqlstate", None) in _REFUSED
