"""The number of a grant's row, whatever the engine."""

from __future__ import annotations


def grant_key(grant_id: bytes) -> int:
    """The row's number: the first 63 bits of the grant's id."""
    return int.from_bytes(grant_id[:8], "big") >> 1
