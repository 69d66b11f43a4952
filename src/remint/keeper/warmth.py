"""The tokens at hand in this process, and the renewals under way in it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from functools import partial
from typing import TYPE_CHECKING, Final

from remint.clock import Clock, SystemClock
from remint.errors import RenewalDelayed
from remint.keeper.access import Access
from remint.keeper.connection import Held
from remint.keeper.forking import follow_forks

if TYPE_CHECKING:
    # Late: a third of an import, and threads alone do without.
    import asyncio

_FOREVER: Final = float("inf")
#: While a token is renewed behind the callers' backs they are not asked again for so long.
_ADVISORY_PAUSE_SECONDS: Final = 1.0
_CLOSED: Final = "the event loop of the renewal was closed"

Stopwatch = Callable[[], float]


def stopwatch_of(clock: Clock) -> Stopwatch:
    """Seconds that pass also while the machine sleeps, and never jump.

    For the machine's own clock the fastest call that says so: it stands on the way to every warm token.
    """
    if isinstance(clock, SystemClock):
        boottime = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic if boottime is None else partial(time.clock_gettime, boottime)
    return lambda: clock.monotonic_ms() / 1000


class Warm:
    """A token at hand. Handed out as it is until ``until``; then it is renewed, from ``must`` on first; from
    ``ends`` on it is over.
    """

    __slots__ = ("access", "ends", "id", "must", "swapped_fence", "token", "until")

    def __init__(self, access: Access, until: float, must: float, ends: float, held: Held) -> None:
        self.access = access
        self.token = access.token
        self.until = until
        self.must = must
        self.ends = ends
        self.id = held.id
        self.swapped_fence = held.swapped_fence


class Flight(Future[Held]):
    """A renewal under way.

    ``is_patient``: whoever carries it out waits for as long as anybody does. ``thread`` is the one that
    carries it out, ``loop`` the event loop: whichever of them it is.
    """

    is_patient = True
    thread: int | None = None
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_stranded(self) -> bool:
        """Whether nobody will ever end it: its event loop was closed, and ended no task before."""
        return self.loop is not None and self.loop.is_closed()


class Warmth:
    """What this process has in memory.

    ``clock`` is what tokens expire by. ``most`` is how many there are; beyond it the oldest entry goes.
    """

    def __init__(self, clock: Clock, stopwatch: Stopwatch, most: int) -> None:
        self.tokens: dict[str, Warm] = {}
        self.stopwatch = stopwatch
        self._clock = clock
        self._most = most
        self._flights: dict[str, Flight] = {}
        self._lock = threading.Lock()
        follow_forks(self)

    def put(self, held: Held, access: Access, must_at_ms: float | None) -> None:
        """Keeps the connection's token at hand."""
        must = self._moment(must_at_ms)
        until = min(must, self._moment(held.renew_at_ms))
        ends = self._moment(held.tokens.expires_at_ms)
        # A connection that was made anew begins from the start: perhaps of somebody else's account. Versions
        # come again where a standby takes over that was late; fences do not.
        with self._lock:
            before = self.tokens.get(held.name)
            if before is None or before.id != held.id or before.swapped_fence <= held.swapped_fence:
                self.tokens[held.name] = Warm(access, until, must, ends, held)
            if len(self.tokens) > self._most:
                self.tokens.pop(next(iter(self.tokens)), None)

    def snooze(self, warm: Warm) -> None:
        """Leaves a token as it is for a moment, because its renewal is under way."""
        warm.until = min(warm.must, self.stopwatch() + _ADVISORY_PAUSE_SECONDS)

    def outlasts(self, warm: Warm) -> bool:
        """Whether a token works on, as no other is to be had; it is then renewed behind callers' backs."""
        if self.stopwatch() >= warm.ends:
            return False
        warm.must = warm.ends
        return True

    def drop(self, name: str, token: str | None = None) -> None:
        """Forgets a token: any, or only this one."""
        warm = self.tokens.get(name)
        if warm is not None and (token is None or warm.token == token):
            self.tokens.pop(name, None)

    def board(self, name: str, *, patient: bool = True) -> tuple[Flight, bool]:
        """The renewal of a connection that is under way in this process, or a new one to be carried out."""
        with self._lock:
            before = self._flights.get(name)
            if before is not None and not before.is_stranded:
                return before, False
            flight = self._flights[name] = Flight()
            flight.is_patient = patient
            flight.set_running_or_notify_cancel()
        if before is not None:
            before.is_patient = False
            self.land(name, before, RenewalDelayed(name, _CLOSED, retry_after_seconds=0))
        return flight, True

    def land(self, name: str, flight: Flight, result: Held | BaseException) -> None:
        """Ends a renewal: all who wait for it learn of it."""
        with self._lock:
            if self._flights.get(name) is flight:
                del self._flights[name]
        # Whoever was given up, and comes back after all, has nothing to tell any more.
        with contextlib.suppress(InvalidStateError):
            if isinstance(result, BaseException):
                flight.set_exception(result)
            else:
                flight.set_result(result)

    def _moment(self, at_ms: float | None) -> float:
        if at_ms is None:
            return _FOREVER
        return self.stopwatch() + (at_ms - self._clock.now_ms()) / 1000

    def forked(self) -> None:
        """See ``Forkable``. The threads that would land these flights are the parent's."""
        self._lock = threading.Lock()
        self._flights = {}
