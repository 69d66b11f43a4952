"""An answer on its way to the database."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Letter(NamedTuple):
    """A sealed answer, and whose it is."""

    name: str
    id: str
    fence: int
    sealed: bytes


written = msgspec.msgpack.Encoder().encode
"""A letter as bytes."""

_decode = msgspec.msgpack.Decoder(Letter).decode


def letter_of(content: bytes | None) -> Letter | None:
    """What was written, unless that was never finished."""
    try:
        return None if content is None else _decode(content)
    except msgspec.MsgspecError:
        return None
