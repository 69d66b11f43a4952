"""The keeper for threads."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

from remint.errors import RemintError, RenewalDelayed, StoreUnavailable
from remint.keeper.access import Access
from remint.keeper.accesstoken import AccessToken
from remint.keeper.connection import Held
from remint.keeper.core import Core
from remint.keeper.drivers import drive
from remint.keeper.exchange import Exchange
from remint.keeper.firstgrant import PLAIN, FirstGrant
from remint.keeper.flow import RenewalFlow
from remint.keeper.forking import follow_forks
from remint.keeper.status import Status, status_of
from remint.keeper.warmth import Flight, Warm
from remint.secret import MaskedString, masked

_BACKGROUND_THREADS: Final = 4


class Keeper(Core):
    """Hands out access tokens that work, to any number of threads. For what it takes see ``Core``.

    Safe to use from threads, and after a fork. For event loops there is ``AsyncKeeper``.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._exchange = Exchange(self.around.clock, self.around.timing, self.verify)
        self._background: ThreadPoolExecutor | None = None
        follow_forks(self)

    def forked(self) -> None:
        """See ``Forkable``. The threads of the pool are the parent's."""
        self._background = None

    def token(self, name: str) -> AccessToken:
        """An access token of the connection ``name`` that works now.

        At hand it costs a look into a dictionary. Near its end it is renewed behind the caller's back; only
        at its end does the caller wait, ``patience_seconds`` at most. Raises ``UnknownConnection``,
        ``ConnectionDead``, ``RenewalDelayed`` and ``StoreUnavailable``.
        """
        warm = self._tokens.get(name)
        if warm is not None and self._stopwatch() < warm.until:
            return warm.token
        return self._cold(name, warm).token

    def access(self, name: str) -> Access:
        """A token that works now, and how this API wants to see it. Raises as ``token`` does."""
        warm = self._tokens.get(name)
        if warm is not None and self._stopwatch() < warm.until:
            return warm.access
        return self._cold(name, warm)

    def headers(self, name: str) -> dict[str, str]:
        """The headers that authorize a request to the API. Raises as ``token`` does."""
        return dict(self.access(name).headers)

    def renew(self, name: str) -> AccessToken:
        """Renews now, whatever the token's age, also a connection that is dead.

        Of several that ask at once all get the same one renewal. Raises as ``token`` does.
        """
        version = self.held(name).version
        return self.admit(self._fly(name, version=version)).token

    def replaced(self, name: str, rejected: str) -> Access:
        """An access by another token than ``rejected``, which the API has turned down.

        Where it is known that somebody has renewed meanwhile, that token; else the connection is renewed. A
        token that is only seconds old is not renewed again. Raises as ``token`` does.
        """
        rejected = MaskedString(rejected)
        self._warmth.drop(name, rejected)
        return self.admit(self._fly(name, rejected=rejected))

    def connect(self, name: str, dialect: str, **given: Any) -> Status:
        """Makes a connection, and tries it. See ``FirstGrant`` for what is given."""
        given = masked(given, *PLAIN)
        held = drive(FirstGrant(self, name, dialect, **given), self._exchange)
        self.admit(held)
        return status_of(held)

    def status(self, name: str) -> Status:
        """What is known of a connection. Raises ``UnknownConnection``."""
        return status_of(self.held(name))

    def forget(self, name: str) -> bool:
        """Deletes a connection and its tokens. False where there is none."""
        return self.forget_now(name)

    def close(self) -> None:
        """Waits for renewals that run behind callers' backs, and gives everything back."""
        if self._background is not None:
            self._background.shutdown()
        self._exchange.close()
        self.around.store.close()

    def tend(self, name: str) -> Held:
        """See ``AsyncKeeper.tend``."""
        flight, is_mine = self._warmth.board(name, patient=False)
        if is_mine:
            self._carry_out(name, self.flow(name, patient=False), flight)
        return flight.result()

    def _cold(self, name: str, warm: Warm | None) -> Access:
        if warm is not None and self._stopwatch() < warm.must:
            self._renew_behind(name)
            self._warmth.snooze(warm)
            return warm.access
        try:
            held = self._fly(name, spent=warm.token if warm is not None else "")
        except StoreUnavailable:
            if warm is not None and self._warmth.outlasts(warm):
                return warm.access
            raise
        access = self.admit(held)
        if self.is_due(held):
            self._renew_behind(name)
        return access

    def _fly(
        self, name: str, *, rejected: str = "", spent: str = "", version: int | None = None
    ) -> Held:
        """Carries a renewal out, or waits for the one that is under way."""
        while True:
            flight, is_mine = self._warmth.board(name)
            if is_mine:
                flow = self.flow(name, rejected=rejected, spent=spent, version=version)
                self._carry_out(name, flow, flight)
                return flight.result()
            if flight.thread == threading.get_ident():
                # A listener asks, in the midst of the renewal that it is told of: to wait would be for ever.
                return drive(self.flow(name, rejected=rejected, patient=False), self._exchange)
            try:
                held = flight.result()
            except RenewalDelayed:
                if flight.is_patient:
                    raise
                continue
            if self.is_good(held, rejected, spent, version):
                return held

    def _carry_out(self, name: str, flow: RenewalFlow, flight: Flight) -> None:
        flight.thread = threading.get_ident()
        try:
            held = drive(flow, self._exchange)
        except Exception as error:  # noqa: BLE001
            self._warmth.land(name, flight, error)
        except BaseException:
            # Somebody ends this thread. The others who wait carry on.
            why = "the thread of the renewal was stopped"
            flight.is_patient = False
            self._warmth.land(name, flight, RenewalDelayed(name, why, retry_after_seconds=0))
            raise
        else:
            self._warmth.land(name, flight, held)

    def _renew_behind(self, name: str) -> None:
        flight, is_mine = self._warmth.board(name, patient=False)
        if not is_mine:
            return
        if self._background is None:
            self._background = ThreadPoolExecutor(_BACKGROUND_THREADS, "remint-renewal")
        try:
            self._background.submit(self._behind, name, flight)
        except RuntimeError as error:
            # The interpreter is ending, or has no thread left: what is at hand still does.
            self._warmth.land(name, flight, RenewalDelayed(name, str(error), retry_after_seconds=1))

    def _behind(self, name: str, flight: Flight) -> None:
        self._carry_out(name, self.flow(name, patient=False), flight)
        with contextlib.suppress(RemintError):
            self.admit(flight.result())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
