"""The renewal flow driven by hand: each effect is seen, and may be answered, broken or not come back.

``desk = Desk(rotation="strict")`` is a store with one connection; ``desk.walk()`` one flow over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from remint.dialect import Dialect, builtin
from remint.keeper.connection import Busy, Held, Lease, Setup, Tokens
from remint.keeper.effects import Do, Effect, Lost, Received, Send, Sleep, Unsent
from remint.keeper.events import Event
from remint.keeper.flow import RenewalFlow, Wish
from remint.keeper.leases import Leases
from remint.keeper.store.memory import MemoryStore
from remint.keeper.surroundings import Surroundings
from remint.keeper.throttle import Throttle
from remint.keeper.timing import Timing
from tests.keeper.clock import HandClock
from tests.keeper.provider import Call, Provider, Reply, refresh_token

Result = Received | Unsent | Lost
NAME = "jane"
OAUTH2 = builtin("oauth2")


class HandLeases(Leases):
    """Leases that nobody renews behind the test's back."""

    def take(self, name: str) -> Lease | Busy | None:
        return self._store.acquire(name, self.owner, self._lease_ms)

    def give_back(self, lease: Lease) -> None:
        self._store.release(lease)


class Killed(BaseException):
    """What a process that is killed would not even notice."""


def received(reply: Reply, elapsed_ms: int = 40) -> Received:
    """A provider's reply as the exchange gives it."""
    status, headers, body = reply
    return Received(status, [(n.lower(), v) for n, v in headers.items()], body, elapsed_ms)


@dataclass
class Desk:
    """A store with the connection ``jane``, the provider that it is at, and a clock that stands still."""

    rotation: str = "strict"
    declared: str = "strict"
    timing: Timing = field(default_factory=Timing)
    dialect: Dialect = OAUTH2
    clock: HandClock = field(default_factory=HandClock)
    events: list[Event] = field(default_factory=list)
    expires_in: float = -1
    store: Any = None
    setup: Setup | None = None

    def __post_init__(self) -> None:
        self.provider = Provider(self.rotation)
        self.store = self.store or MemoryStore(self.clock)
        setup = self.setup or Setup(
            "oauth2",
            base_url="https://id.example",
            credentials={"client_id": "app", "client_secret": "hush"},
            rotation=self.declared,
            grace_seconds=60 if self.declared == "grace" else None,
        )
        self.store.create(
            Held(
                id="1f" * 16,
                name=NAME,
                setup=setup,
                tokens=Tokens(
                    "at-first",
                    issued_at_ms=self.clock.now_ms() - 3_600_000,
                    expires_at_ms=self.clock.now_ms() + int(self.expires_in * 1000),
                    refresh_token=refresh_token(NAME),
                ),
                renew_at_ms=self.clock.now_ms() - 1,
            )
        )

    def around(self, owner: str = "one") -> Surroundings:
        """What a process named ``owner`` has around its renewals."""
        lease_seconds = self.timing.lease_seconds
        return Surroundings(
            store=self.store,
            leases=HandLeases(self.store, owner, self.clock, lease_seconds),
            throttle=Throttle(self.store, self.clock),
            dialect=lambda _name: self.dialect,
            clock=self.clock,
            entropy=lambda size: b"\x80" + bytes(size - 1),
            timing=self.timing,
            tell=self.events.append,
        )

    def walk(self, owner: str = "one", *, patience: float = 30, **wish: Any) -> Walk:
        """One renewal by a process named ``owner``."""
        made = Wish(NAME, patience_ms=int(patience * 1000), **wish)
        return Walk(self, RenewalFlow(self.around(owner), made))

    @property
    def held(self) -> Held:
        """The connection as it is now."""
        held = self.store.load(NAME)
        assert isinstance(held, Held)
        return held

    def told(self) -> list[str]:
        """The kinds of the events so far."""
        return [event.kind for event in self.events]

    def call(self, send: Send) -> Call:
        """The request as the provider sees it."""
        wire = send.wire
        headers = {name.lower(): value for name, value in wire.headers}
        return Call(wire.method, wire.url, headers, wire.body or b"")

    def answered(self, send: Send) -> Result:
        """What the provider does with a request, if it may still be sent."""
        if not send.may_send():
            return Unsent("the lease ran out before the request was sent")
        reply = self.provider.answer(self.call(send))
        return Lost("RemoteProtocolError") if reply is None else received(reply)


class Walk:
    """One flow, step by step. ``trail`` names what was done so far, ``effect`` is what comes next."""

    def __init__(self, desk: Desk, flow: RenewalFlow) -> None:
        self.desk = desk
        self.flow = flow
        self.trail: list[str] = []
        self.outcome: Held | None = None
        self._steps = flow.steps()
        self.effect: Effect | None = next(self._steps)

    @property
    def step(self) -> str:
        """What comes next: a step's name, ``send``, ``sleep`` or, at the end, nothing."""
        if isinstance(self.effect, Do):
            return self.effect.step
        return type(self.effect).__name__.lower() if self.effect is not None else ""

    def until(self, step: str) -> Walk:
        """Goes on until that comes next."""
        while self.step != step:
            assert self.effect is not None, f"never came to {step!r}: {self.trail}"
            self.go()
        return self

    def go(self, result: Any = None) -> Walk:
        """Does one step; ``result`` is what comes of it instead of what would."""
        assert self.effect is not None
        self.trail.append(self.step)
        try:
            done = self._done(self.effect) if result is None else result
        except Exception as error:
            return self.fail(error)
        return self._moved(self._steps.send, done)

    def fail(self, error: BaseException) -> Walk:
        """The step that comes next raises."""
        return self._moved(self._steps.throw, error)

    def end(self) -> Held:
        """Goes on to the end."""
        while self.effect is not None:
            self.go()
        assert self.outcome is not None
        return self.outcome

    def _moved(self, move: Callable[[Any], Effect], value: Any) -> Walk:
        try:
            self.effect = move(value)
        except StopIteration as done:
            self.effect, self.outcome = None, done.value
        except BaseException:
            self.effect = None
            raise
        return self

    def _done(self, effect: Effect) -> Any:
        if isinstance(effect, Do):
            return effect.work()
        if isinstance(effect, Send):
            return self.desk.answered(effect)
        assert isinstance(effect, Sleep)
        self.desk.clock.elapse(effect.ms / 1000)
        return True
