"""The journal of answers: a table, and before it the outbox of this machine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Final

import psycopg
from msgspec.structs import replace

from remint.errors import StoreError, StoreUnavailable
from remint.keeper.connection import Answer
from remint.keeper.store.postgres import statements
from remint.keeper.store.postgres.copies import Copies
from remint.keeper.store.postgres.database import Database
from remint.keeper.store.postgres.datakeys import DataKeys
from remint.keeper.store.postgres.letter import Letter
from remint.keeper.store.postgres.outbox import Outbox, discard
from remint.keeper.store.postgres.rows import bytes_of
from remint.keeper.store.postgres.timeline import first_fence, timeline_of
from remint.keeper.store.sealing import seal_answer, unseal_answer
from remint.keeper.store.spool import ROOM_BYTES
from remint.store.postgres.connection import Connection

_log: Final = logging.getLogger("remint.keeper")

ROOMS_PER_CONNECTION: Final = 16
FILLER: Final = bytes(ROOM_BYTES)
_ANY_FENCE: Final = 2**62
_PAUSE_SECONDS: Final = 0.25
_AT_ONCE: Final = 500


class Answers:
    """Every answer that came and was not consumed yet.

    The room that a row with a filler makes in the table is a good sign and no more: PostgreSQL writes what
    changes elsewhere, and first into its log, which fills up with everything else. What is promised is the
    room in ``outbox``; without one, where the machine has no disk to write to, an answer that comes while
    the database is away waits in memory for as long as its caller does.

    What the database has taken a standby may lack that takes over: a copy stays in ``copies`` for a while.
    """

    def __init__(
        self, database: Database, keys: DataKeys, outbox: Outbox | None, copies: Copies | None
    ) -> None:
        self._database = database
        self._keys = keys
        self._outbox = outbox
        self._copies = copies
        self._offered_to: int | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._courier: threading.Thread | None = None

    def make_room(self, id_: str, fence: int) -> None:
        """The part of the room that is on this machine."""
        if self._outbox is not None:
            try:
                self._outbox.make_room(id_, fence)
            except OSError as error:
                raise StoreUnavailable(f"there is no room for an answer: {error}") from error

    def append(self, name: str, id_: str, answer: Answer) -> None:
        """Makes an answer durable, here or in the database, and if possible in both."""
        sealed = seal_answer(self._keys.vault, id_, replace(answer, is_aside=False), 0)
        letter = Letter(name, id_, answer.fence, sealed)
        is_kept = self._kept(letter)
        try:
            self._database.run(
                lambda connection, _: self._write(connection, letter, _ANY_FENCE),
                is_patient=not is_kept,
            )
        except StoreError:
            if not is_kept:
                raise
            self._send_courier()
            return
        self._delivered(letter)

    def unread(self, connection: Connection, name: str, id_: str) -> list[Answer]:
        """Those of one connection, by fence."""
        given = {"name": bytes_of(name), "id": id_}
        found = []
        for fence, is_aside, sealed in connection.execute(statements.UNREAD, given).fetchall():
            vault = self._keys.for_reading(connection, sealed)
            answer = unseal_answer(vault, id_, fence, sealed)
            if answer is not None:
                found.append(replace(answer, is_aside=is_aside))
        return found

    def leave(self, id_: str, fence: int) -> None:
        """Frees the room here of a call that brought nothing; raises while an answer to it has to wait."""
        if self._outbox is None:
            return
        if self._outbox.waits(id_, fence):
            # Whoever has the lease next must find what came under this one.
            self.deliver()
        try:
            self._outbox.leave(id_, fence)
        except OSError as error:
            raise StoreUnavailable(f"the room of an answer cannot be freed: {error}") from error

    def deliver(self) -> None:
        """Puts into the database what only this process has.

        While the courier is at it nobody else waits for the same: what they have is safe here.
        """
        if self._courier is not None:
            raise StoreUnavailable("answers wait on this machine for the database")
        self.deliver_now()

    def deliver_now(self) -> None:
        """The same, by whoever cannot leave it to the courier."""
        if self._outbox is None or self._closing.is_set():
            return
        try:
            letters = self._outbox.waiting()
        except OSError as error:
            raise StoreUnavailable(f"what waits for the database is not read: {error}") from error
        for letter in letters:
            self._upload(letter)
            self._delivered(letter)

    def collect(self, *, is_in_doubt: bool) -> None:
        """Puts into the database what processes of this machine left behind when they went.

        And, about a connection that is in doubt, what one may have that was stopped.
        """
        if self._outbox is None:
            return
        try:
            for folder, letters in self._outbox.of_others(left_behind=True):
                for letter in letters:
                    self._upload(letter)
                    self._keep(letter)
                discard(folder)
            if is_in_doubt:
                for _, letters in self._outbox.of_others(left_behind=False):
                    for letter in letters:
                        self._upload(letter)
        except OSError as error:
            raise StoreUnavailable(f"what others left is not read: {error}") from error

    def offer(self, connection: Connection) -> None:
        """Puts into the database of a server that has taken over what the one before had taken."""
        if self._copies is None:
            return
        try:
            if self._copies.is_empty():
                return
            timeline = timeline_of(connection)
            if self._offered_to is None:
                self._offered_to = self._copies.offered_to()
            if timeline in (0, self._offered_to):
                return
            first = first_fence(timeline)
            letters = [letter for letter in self._copies.letters() if letter.fence < first]
            for letter in self._lacking(connection, letters):
                self._write(connection, letter, letter.fence)
            self._copies.is_offered_to(timeline)
        except OSError as error:
            raise StoreUnavailable(f"what was kept is not read: {error}") from error
        self._offered_to = timeline

    def close(self) -> None:
        """Gives the outbox back."""
        self._closing.set()
        if self._outbox is not None:
            self._outbox.close()

    def disown(self) -> None:
        """Leaves to the parent what a fork copied here."""
        if self._outbox is not None:
            self._outbox.disown()

    def _kept(self, letter: Letter) -> bool:
        if self._outbox is None:
            return False
        try:
            self._outbox.put(letter)
        except OSError as error:
            _log.warning("an answer cannot be kept on this machine: %s", error)
            return False
        return True

    def _lacking(self, connection: Connection, letters: list[Letter]) -> Iterator[Letter]:
        for start in range(0, len(letters), _AT_ONCE):
            some = letters[start : start + _AT_ONCE]
            given = {
                "ats": list(range(len(some))),
                "names": [bytes_of(letter.name) for letter in some],
                "ids": [letter.id for letter in some],
                "fences": [letter.fence for letter in some],
            }
            for (at,) in connection.execute(statements.LACKING, given).fetchall():
                yield some[at]

    def _keep(self, letter: Letter) -> None:
        if self._copies is not None:
            # What others of this machine have offered since was not yet this one.
            self._offered_to = self._offered_to or 0
            try:
                self._copies.add(letter)
            except OSError as error:
                _log.warning("an answer is kept by the database alone: %s", error)

    def _delivered(self, letter: Letter) -> None:
        self._keep(letter)
        if self._outbox is not None:
            try:
                self._outbox.is_delivered(letter)
            except OSError as error:
                # It is offered once more, and found to be there.
                _log.warning("the room of an answer cannot be freed: %s", error)

    def _upload(self, letter: Letter) -> None:
        # What was swapped in already may have been consumed: it must not come to life again.
        self._database.run(lambda connection, _: self._write(connection, letter, letter.fence))

    def _write(self, connection: Connection, letter: Letter, unless_swapped: int) -> None:
        given = {
            "name": bytes_of(letter.name),
            "id": letter.id,
            "fence": letter.fence,
            "unless_swapped": unless_swapped,
        }
        try:
            key_id = int.from_bytes(letter.sealed[:4], "big")
            sealed = {"key_id": key_id, "sealed": letter.sealed}
            connection.execute(statements.APPEND, {**given, **sealed})
        except psycopg.errors.ForeignKeyViolation:
            # Its data key is gone: this process still has it, or nobody has.
            answer = unseal_answer(self._keys.vault, letter.id, letter.fence, letter.sealed)
            if answer is not None:
                vault = self._keys.reread(connection)
                again = {"key_id": vault.active, "sealed": seal_answer(vault, letter.id, answer, 0)}
                connection.execute(statements.APPEND, {**given, **again})

    def _send_courier(self) -> None:
        with self._lock:
            if self._courier is None:
                self._courier = threading.Thread(
                    target=self._carry, name="remint-answers", daemon=True
                )
                self._courier.start()

    def _carry(self) -> None:
        """Tries until the database has everything: another machine may be waiting to look."""
        has_told = False
        while not self._closing.wait(_PAUSE_SECONDS):
            try:
                self.deliver_now()
            except StoreError as error:
                if not has_told:
                    _log.warning("answers wait on this machine for the database: %s", error)
                has_told = True
                continue
            with self._lock:
                if self._outbox is None or not self._outbox.has_waiting():
                    self._courier = None
                    return
