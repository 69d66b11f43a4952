"""What the renewal flow asks of a store. One contract suite runs over every one that does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from remint.clock import Clock
from remint.keeper.connection import Answer, Busy, Held, Lease, Renewed, Setback


class ConnectionStore(Protocol):
    """Connections, the leases on them, and the journal of answers.

    Every method blocks, may be called from any thread, and is done wholly or not at all. A method raises
    ``StoreUnavailable`` where the store is away, busy, full or read-only, and ``StoreError`` where what it
    holds cannot be.
    """

    @property
    def clock(self) -> Clock:
        """Tells the time that is written into it: where machines share it, the same on all of them."""

    def create(self, held: Held, *, replace: bool = False) -> bool:
        """Keeps a new connection, durably. With ``replace`` it takes the place of one of that name, whose
        leases, intents and answers go with it; fences go on from there. False where the name is taken and
        ``replace`` is not set.
        """

    def load(self, name: str) -> Held | None:
        """The connection as it is now. Its state is ``in_doubt`` where an intent has outlived its lease."""

    def acquire(self, name: str, owner: str, lease_ms: int) -> Lease | Busy | None:
        """Takes the lease, if nobody has it or its owner is gone. ``None``: there is no such connection."""

    def extend(self, leases: Sequence[Lease], lease_ms: int) -> list[Lease]:
        """Moves ``until_ms`` of those leases that still hold, and gives those back."""

    def intend(self, lease: Lease, at_ms: int) -> bool:
        """Writes down, durably, that a renewal is about to be sent, and makes room for its answer.

        Counts on from an intent that is there for the same token. False, and nothing done, where the lease is
        lost. ``StoreUnavailable`` where there is no room.
        """

    def append(self, lease: Lease, answer: Answer) -> None:
        """Makes a raw answer durable, whether the lease still holds or not, in the room that was made."""

    def unread(self, held: Held) -> list[Answer]:
        """The answers that were appended and not consumed, in the order of their fences."""

    def swap(self, held: Held, answer: Answer, renewed: Renewed) -> Held | None:
        """Puts new tokens in place, durably, and gives the connection as it is then.

        Only if the connection still holds the token that was *sent*, and nothing under ``answer.fence`` or a
        later one was swapped in: whoever has the lease, and dead or not. ``None`` where it lost. The answer
        is consumed in either case.
        """

    def settle(self, held: Held, setback: Setback, fence: int) -> bool:
        """Writes a failure down, if the connection still holds the token that ``held`` has.

        ``fence`` is that of the answer, or of the call that had none. Only where nothing under that fence or
        a later one was swapped in; and to ``dead`` only where, besides, no answer under another fence is
        unread and no call with the same token was intended under a later one. Otherwise such an intent, and
        the state that goes with it, stays. False where nothing was written. In either case the answer is
        consumed, if the setback says so, and is set aside otherwise: ``unread`` still gives it, with
        ``is_aside``, but it no longer keeps a connection from dying.
        """

    def release(self, lease: Lease) -> None:
        """Gives the lease back, if it is still held."""

    def postpone(self, name: str, renew_at_ms: int | None) -> None:
        """Moves when the scheduler shall look at a connection again."""

    def forget(self, name: str) -> bool:
        """Deletes a connection and all that belongs to it. False where there is none."""

    def due(self, now_ms: int, limit: int) -> list[str]:
        """Names of connections whose ``renew_at_ms`` has come and that nobody has a lease on, longest due
        first; the dead are never due.
        """

    def next_due_ms(self) -> int | None:
        """When the next connection falls due; ``None`` where none ever will."""

    def listing(self, after: str, limit: int) -> list[Held]:
        """Connections by name, from the first behind ``after``."""

    def count(self) -> dict[str, int]:
        """How many connections there are in each state."""

    def charge(self, key: str, calls: int, per_seconds: int, now_ms: int) -> int:
        """Charges one call to the limit that goes by ``key``: 0, or the milliseconds to wait, uncharged.

        Exact across all that share the store: one timestamp a key (see ``remint.grant.budget``).
        """

    def close(self) -> None:
        """Gives back files, connections and leases."""
