"""One connection of one provider over real sockets, and a keeper of either kind at it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from remint.errors import RenewalDelayed
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.connection import Held, Setup, Tokens
from remint.keeper.events import Event
from remint.keeper.keeper import Keeper
from remint.keeper.store.memory import MemoryStore
from remint.keeper.timing import Timing
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.provider import (
    Provider,
    refresh_token,
)

NAME = "jane"
ONCE = Timing(patience_seconds=0.001, answer_seconds=0.2, connect_seconds=0.5)


@dataclass
class Desk:
    """One connection of one provider, and a keeper of either kind."""

    kind: str
    provider: Provider
    store: MemoryStore = field(default_factory=MemoryStore)
    events: list[Event] = field(default_factory=list)
    runner: Any = None
    keeper: Any = None
    verify: ssl.SSLContext = NO_ROOTS

    def open(self, timing: Timing = ONCE, **options: Any) -> None:
        kind = Keeper if self.kind == "sync" else AsyncKeeper
        options = {"verify": self.verify, "on_event": self.events.append, **options}
        self.keeper = kind(self.store, timing=timing, **options)

    def hold(self, *, expires_in: float = -1, **setup: Any) -> None:
        """Puts the connection there, with a token that is over."""
        now_ms = time.time_ns() // 1_000_000
        given = {
            "base_url": self.provider.base_url,
            "credentials": {"client_id": "app", "client_secret": "hush"},
            "rotation": "grace",
            "grace_seconds": 60,
        }
        tokens = Tokens(
            "at-old",
            issued_at_ms=now_ms - 3_600_000,
            expires_at_ms=now_ms + int(expires_in * 1000),
            refresh_token=refresh_token(NAME),
        )
        held = Held(
            id="3d" * 16,
            name=NAME,
            setup=Setup("oauth2", **{**given, **setup}),
            tokens=tokens,
            renew_at_ms=now_ms - 1,
        )
        self.store.create(held, replace=True)

    def run(self, method: str, *arguments: Any, **given: Any) -> Any:
        """Calls a method of the keeper."""
        if self.kind == "sync":
            return getattr(self.keeper, method)(*arguments, **given)

        async def called() -> Any:
            return await getattr(self.keeper, method)(*arguments, **given)

        return self.runner.run(called())

    def token(self) -> str:
        return str(self.run("token", NAME))

    def delayed(self) -> Held:
        """The token is not to be had now; what the store says of it."""
        with pytest.raises(RenewalDelayed) as caught:
            self.token()
        held = self.held
        # What the caller is told and what the store holds are the same moment.
        at_ms = time.time() * 1000 + caught.value.retry_after_seconds * 1000
        assert abs(held.not_before_ms - at_ms) < 5000
        assert held.renew_at_ms == held.not_before_ms
        assert held.tokens.refresh_token == refresh_token(NAME)
        return held

    def until(self, is_so: Callable[[], bool]) -> None:
        """Waits for what goes on behind the back."""
        for _ in range(2000):
            if is_so():
                return
            if self.runner is not None:
                self.runner.run(asyncio.sleep(0.005))
            time.sleep(0.005)
        raise AssertionError("it never came")

    @property
    def held(self) -> Held:
        held = self.store.load(NAME)
        assert held is not None
        return held

    def wait_s(self) -> float:
        """How long until the next call may be made."""
        return self.held.not_before_ms / 1000 - time.time()

    def told(self) -> list[str]:
        return [event.kind for event in self.events]
