"""The journal of answers: rooms of the spool, and who they belong to in the database."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from remint.errors import StoreUnavailable
from remint.keeper.connection import Answer
from remint.keeper.store.owner import Presence
from remint.keeper.store.sealing import seal_answer, unseal_answer
from remint.keeper.store.spool import Spool
from remint.keeper.store.sqlite import rooms
from remint.keeper.store.sqlite.database import Database, translated
from remint.keeper.store.sqlite.datakeys import DataKeys
from remint.keeper.store.sqlite.rooms import Room

_EXISTS: Final = "SELECT 1 FROM connection WHERE id = ?"


class Answers:
    """Every answer that came and was not consumed yet, of every connection."""

    def __init__(
        self, database: Database, spool: Spool, keys: DataKeys, presence: Presence
    ) -> None:
        self._database = database
        self._spool = spool
        self._keys = keys
        self._presence = presence
        self._made: dict[tuple[str, int], Room] = {}

    def make_room(self, connection: sqlite3.Connection, id_: str, fence: int, key_id: int) -> Room:
        """The room for the answer to an intent, whose space is on the disk. In the caller's transaction."""
        held = rooms.rooms_of(connection, id_)
        mine = next((room for room in held if room.fence == fence), None)
        if mine is not None and self._spool.has(mine.number, id_, fence):
            return mine
        idle = rooms.empty_and_abandoned(self._spool, self._presence, id_, held)
        if mine is not None:
            # Its file is gone, or a power cut took back that it was given to this intent.
            idle = [mine, *(room for room in idle if room != mine)]
        kept = [room for room in held if room not in idle]
        excess = len(kept) + 1 - rooms.ROOMS_PER_CONNECTION
        if excess > 0:
            kept.sort(key=lambda room: (self._read(connection, id_, room) is not None, room.fence))
            idle += kept[:excess]
        rooms.unbind(connection, self._spool, idle)
        return rooms.bind(connection, self._spool, id_, fence, self._presence.id, key_id)

    def remember(self, id_: str, room: Room) -> None:
        """Spares ``append`` the database: that room was made by this process."""
        self._made[(id_, room.fence)] = room

    def append(self, id_: str, answer: Answer) -> None:
        """Writes an answer into its room; or, where that was taken away, into another one."""
        with translated():
            room = self._made.get((id_, answer.fence)) or self._room(id_, answer.fence)
            if room is not None and self._written(id_, room, answer):
                return
        with self._database.writing(durable=True) as connection:
            if connection.execute(_EXISTS, (id_,)).fetchone() is None:
                return
            active = self._keys.for_writing(connection).active
            room = self.make_room(connection, id_, answer.fence, active)
        with translated():
            if not self._written(id_, room, answer):
                raise StoreUnavailable("the room for an answer was taken away")

    def unread(self, id_: str) -> list[Answer]:
        """Those of one connection, by fence."""
        with self._database.reading() as connection:
            held = rooms.rooms_of(connection, id_)
            found = [self._read(connection, id_, room) for room in held]
        return [answer for answer in found if answer is not None]

    def others(self, connection: sqlite3.Connection, id_: str, fence: int) -> bool:
        """Whether an answer under another fence is there, or coming, and was not set aside."""
        for room in rooms.rooms_of(connection, id_):
            if room.fence != fence:
                if self._spool.is_busy(room.number):
                    return True
                answer = self._read(connection, id_, room)
                if answer is not None and not answer.is_aside:
                    return True
        return False

    def consume(self, connection: sqlite3.Connection, id_: str, fence: int) -> None:
        """Frees the room of an answer that was read for good. In the caller's transaction."""
        self._made.pop((id_, fence), None)
        held = rooms.rooms_of(connection, id_)
        rooms.unbind(connection, self._spool, [room for room in held if room.fence == fence])

    def set_aside(self, connection: sqlite3.Connection, id_: str, fence: int) -> None:
        """Marks an answer as read and not understood. In the caller's transaction."""
        for room in rooms.rooms_of(connection, id_):
            if room.fence == fence:
                sealed = self._spool.read(room.number, id_, fence)
                if sealed is not None:
                    rooms.set_aside(connection, room, sealed)

    def leave(self, connection: sqlite3.Connection, id_: str, fence: int) -> None:
        """Frees the room of a call that brought nothing. In the caller's transaction."""
        self._made.pop((id_, fence), None)
        rooms.unbind(
            connection,
            self._spool,
            [
                room
                for room in rooms.rooms_of(connection, id_)
                if room.fence == fence and self._spool.is_empty(room.number, id_, fence)
            ],
        )

    def forget(self, connection: sqlite3.Connection, id_: str) -> None:
        """Frees all rooms of a connection. In the caller's transaction."""
        rooms.unbind(connection, self._spool, rooms.rooms_of(connection, id_))

    def _room(self, id_: str, fence: int) -> Room | None:
        with self._database.reading() as connection:
            held = rooms.rooms_of(connection, id_)
        return next((room for room in held if room.fence == fence), None)

    def _written(self, id_: str, room: Room, answer: Answer) -> bool:
        vault = self._keys.vault
        sealed = seal_answer(vault, id_, replace(answer, is_aside=False), room.key_id)
        if not self._spool.write(room.number, id_, room.fence, sealed):
            return False
        # Freed, and not given to anybody else yet? The file alone cannot tell. A database that does not
        # answer just now must not make the answer less durable than it is.
        with suppress(StoreUnavailable):
            now = self._room(id_, room.fence)
            return now is not None and now.number == room.number
        return True

    def _read(self, connection: sqlite3.Connection, id_: str, room: Room) -> Answer | None:
        sealed = self._spool.read(room.number, id_, room.fence)
        if sealed is None:
            return None
        vault = self._keys.for_reading(connection, sealed)
        answer = unseal_answer(vault, id_, room.fence, sealed)
        if answer is None or not room.is_aside(sealed):
            return answer
        return replace(answer, is_aside=True)
