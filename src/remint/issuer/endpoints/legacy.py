"""Tells whether a foreign refresh token may be an imported one, without asking the database.

Holds 63 bits of each imported grant's id, sorted: eight bytes a grant, no false negatives, and a stranger's
token costs a hash and a search in memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from remint.store.grantkey import grant_key


class LegacyFilter:
    """The keys of every imported grant that is kept."""

    def __init__(self) -> None:
        self._keys: array[int] = array("q")

    def __bool__(self) -> bool:
        return bool(self._keys)

    def load(self, keys: Iterable[int]) -> None:
        """Replaces what it holds."""
        self._keys = array("q", sorted(keys))

    def first_of(self, candidates: Iterable[bytes]) -> bytes | None:
        """The first of these grant ids that may be an imported grant's."""
        keys = self._keys
        for grant_id in candidates:
            key = grant_key(grant_id)
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return grant_id
        return None
