"""Which room of the spool is whose."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from remint.errors import StoreUnavailable
from remint.keeper.store.owner import Presence
from remint.keeper.store.spool import Spool

ROOMS_PER_CONNECTION: Final = 16
FREE_ROOMS_KEPT: Final = 64
_TRIES: Final = 8
_TAG_BYTES: Final = 16

_OF_CONNECTION: Final = (
    "SELECT number, fence, holder, key_id, aside FROM room WHERE connection = ? ORDER BY fence"
)
_FREE: Final = "SELECT number FROM room WHERE connection IS NULL LIMIT ?"
_SET_ASIDE: Final = "UPDATE room SET aside = ? WHERE number = ?"
_SURPLUS: Final = "SELECT number FROM room WHERE connection IS NULL LIMIT ? OFFSET ?"
_BIND: Final = (
    "INSERT INTO room (number, connection, fence, holder, key_id) VALUES (?,?,?,?,?)"
    " ON CONFLICT (number) DO UPDATE SET connection = excluded.connection,"
    " fence = excluded.fence, holder = excluded.holder, key_id = excluded.key_id, aside = NULL"
)
_UNBIND: Final = (
    "UPDATE room SET connection = NULL, fence = NULL, holder = NULL, key_id = NULL, aside = NULL"
    " WHERE number = ?"
)


class Room(NamedTuple):
    """A room that was given to one intent: of this connection, under this fence, by this process."""

    number: int
    fence: int
    holder: str
    key_id: int
    aside: bytes | None

    def is_aside(self, sealed: bytes) -> bool:
        """Whether it is this answer that was set aside, and not one that was written over it."""
        return self.aside == sealed[-_TAG_BYTES:]


def rooms_of(connection: sqlite3.Connection, id_: str) -> list[Room]:
    """The rooms of one connection, by fence."""
    return [Room._make(found) for found in connection.execute(_OF_CONNECTION, (id_,)).fetchall()]


def bind(
    connection: sqlite3.Connection, spool: Spool, id_: str, fence: int, holder: str, key_id: int
) -> Room:
    """Gives a room to an intent: a free one, or one more. The caller has a transaction open."""
    free = [found[0] for found in connection.execute(_FREE, (_TRIES,)).fetchall()]
    last = connection.execute("SELECT max(number) FROM room").fetchone()[0] or 0
    for number in (*free, *range(last + 1, last + 1 + _TRIES)):
        if spool.prepare(number, id_, fence):
            connection.execute(_BIND, (number, id_, fence, holder, key_id))
            return Room(number, fence, holder, key_id, None)
    raise StoreUnavailable("every free room of the spool is being written to")


def unbind(connection: sqlite3.Connection, spool: Spool, rooms: Iterable[Room]) -> None:
    """Frees rooms, and gives the space back of those beyond what is kept for later.

    The caller has a transaction open, so that nobody takes a room that is just being deleted.
    """
    connection.executemany(_UNBIND, [(room.number,) for room in rooms])
    surplus = connection.execute(_SURPLUS, (_TRIES, FREE_ROOMS_KEPT)).fetchall()
    for (number,) in surplus:
        spool.unlink(number)
        connection.execute("DELETE FROM room WHERE number = ?", (number,))


def set_aside(connection: sqlite3.Connection, room: Room, sealed: bytes) -> None:
    """Marks the answer that is in a room as read and not understood, by its tag."""
    connection.execute(_SET_ASIDE, (sealed[-_TAG_BYTES:], room.number))


def empty_and_abandoned(
    spool: Spool, presence: Presence, id_: str, rooms: Iterable[Room]
) -> list[Room]:
    """Those rooms of a connection that nothing came into, nor ever will."""
    return [
        room
        for room in rooms
        if not presence.sees(room.holder) and spool.is_empty(room.number, id_, room.fence)
    ]
