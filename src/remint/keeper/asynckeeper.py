"""The keeper for event loops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from remint.errors import RemintError, RenewalDelayed, StoreUnavailable
from remint.keeper.access import Access
from remint.keeper.accesstoken import AccessToken
from remint.keeper.connection import Held
from remint.keeper.core import Core
from remint.keeper.drivers import drive_async
from remint.keeper.exchange import Exchange
from remint.keeper.firstgrant import PLAIN, FirstGrant
from remint.keeper.flow import RenewalFlow
from remint.keeper.forking import follow_forks, leave_to_parent
from remint.keeper.status import Status, status_of
from remint.keeper.warmth import Flight, Warm
from remint.secret import MaskedString, masked

T = TypeVar("T")

_STORE_THREADS: Final = 4
#: They cost nothing until there are so many calls at once.
_WIRE_THREADS: Final = 128


class AsyncKeeper(Core):
    """Hands out access tokens that work, to any number of tasks. For what it takes see ``Core``.

    One keeper may serve several event loops, each in its thread. For threads there is ``Keeper``.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._begin()
        follow_forks(self)

    def _begin(self) -> None:
        self._executor = ThreadPoolExecutor(_STORE_THREADS, "remint-store")
        self._wire = ThreadPoolExecutor(_WIRE_THREADS, "remint-call")
        self._exchange = Exchange(self.around.clock, self.around.timing, self.verify)
        self._tasks: set[asyncio.Task[None]] = set()

    def forked(self) -> None:
        """See ``Forkable``. Threads, event loops and what belongs to them are the parent's."""
        leave_to_parent((self._executor, self._wire, self._exchange, self._tasks))
        self._begin()

    async def token(self, name: str) -> AccessToken:
        """See ``Keeper.token``."""
        warm = self._tokens.get(name)
        if warm is not None and self._stopwatch() < warm.until:
            return warm.token
        return (await self._cold(name, warm)).token

    async def access(self, name: str) -> Access:
        """See ``Keeper.access``."""
        warm = self._tokens.get(name)
        if warm is not None and self._stopwatch() < warm.until:
            return warm.access
        return await self._cold(name, warm)

    async def headers(self, name: str) -> dict[str, str]:
        """See ``Keeper.headers``."""
        return dict((await self.access(name)).headers)

    async def renew(self, name: str) -> AccessToken:
        """See ``Keeper.renew``."""
        version = (await self.blocking(lambda: self.held(name))).version
        return self.admit(await self._fly(name, version=version)).token

    async def replaced(self, name: str, rejected: str) -> Access:
        """See ``Keeper.replaced``."""
        rejected = MaskedString(rejected)
        self._warmth.drop(name, rejected)
        return self.admit(await self._fly(name, rejected=rejected))

    async def connect(self, name: str, dialect: str, **given: Any) -> Status:
        """See ``Keeper.connect``."""
        given = masked(given, *PLAIN)
        flow = FirstGrant(self, name, dialect, **given)
        held = await drive_async(flow, self._exchange, self._executor, self._wire)
        self.admit(held)
        return status_of(held)

    async def status(self, name: str) -> Status:
        """See ``Keeper.status``."""
        return status_of(await self.blocking(lambda: self.held(name)))

    async def forget(self, name: str) -> bool:
        """See ``Keeper.forget``."""
        return await self.blocking(lambda: self.forget_now(name))

    async def close(self) -> None:
        """See ``Keeper.close``. Every event loop that used the keeper should be done with it."""
        loop = asyncio.get_running_loop()
        while mine := [task for task in tuple(self._tasks) if task.get_loop() is loop]:
            await asyncio.gather(*mine, return_exceptions=True)
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        # In this order: a call that some loop has left behind saves what it brings before the store goes.
        for pool in (self._wire, self._executor):
            pool.shutdown()
        self._exchange.close()
        self.around.store.close()

    async def blocking(self, work: Callable[[], T]) -> T:
        """Runs what blocks, such as a call of the store, beside the event loop."""
        return await asyncio.wrap_future(self._executor.submit(work))

    async def carry_out(self, flow: RenewalFlow) -> Held:
        """Runs a renewal in the running loop."""
        return await drive_async(flow, self._exchange, self._executor, self._wire)

    async def tend(self, name: str) -> Held:
        """Renews a connection if it is due, waiting for nobody: what a scheduler does.

        Keeps no token at hand that nobody asked for. Raises as ``token`` does.
        """
        flight, is_mine = self._warmth.board(name, patient=False)
        if is_mine:
            self._launch(name, flight, self.flow(name, patient=False))
        return await asyncio.shield(asyncio.wrap_future(flight))

    async def _cold(self, name: str, warm: Warm | None) -> Access:
        if warm is not None and self._stopwatch() < warm.must:
            self._renew_behind(name)
            self._warmth.snooze(warm)
            return warm.access
        try:
            held = await self._fly(name, spent=warm.token if warm is not None else "")
        except StoreUnavailable:
            if warm is not None and self._warmth.outlasts(warm):
                return warm.access
            raise
        access = self.admit(held)
        if self.is_due(held):
            self._renew_behind(name)
        return access

    async def _fly(
        self, name: str, *, rejected: str = "", spent: str = "", version: int | None = None
    ) -> Held:
        """See ``Keeper``. The renewal is a task of its own: who waits for it may be cancelled, not it."""
        while True:
            flight, is_mine = self._warmth.board(name)
            if is_mine:
                self._launch(
                    name, flight, self.flow(name, rejected=rejected, spent=spent, version=version)
                )
            try:
                held = await asyncio.shield(asyncio.wrap_future(flight))
            except RenewalDelayed:
                if flight.is_patient:
                    raise
                continue
            if is_mine or self.is_good(held, rejected, spent, version):
                return held

    def _launch(self, name: str, flight: Flight, flow: RenewalFlow) -> None:
        flight.loop = asyncio.get_running_loop()
        task = flight.loop.create_task(self._carried_out(name, flight, flow))
        # What the loop of such a task left has been carried on by a thread.
        self._tasks -= {each for each in tuple(self._tasks) if each.get_loop().is_closed()}
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carried_out(self, name: str, flight: Flight, flow: RenewalFlow) -> None:
        try:
            held = await self.carry_out(flow)
        except (asyncio.CancelledError, GeneratorExit):
            # The loop ends. Those who wait in other loops carry on.
            why = "the event loop of the renewal was stopped"
            flight.is_patient = False
            self._warmth.land(name, flight, RenewalDelayed(name, why, retry_after_seconds=0))
            raise
        except BaseException as error:  # noqa: BLE001
            self._warmth.land(name, flight, error)
        else:
            if name in self._tokens:
                with contextlib.suppress(RemintError):
                    self.admit(held)
            self._warmth.land(name, flight, held)

    def _renew_behind(self, name: str) -> None:
        flight, is_mine = self._warmth.board(name, patient=False)
        if is_mine:
            self._launch(name, flight, self.flow(name, patient=False))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
