"""The renewal of one connection, written once, without I/O: a generator of what it wants done.

Intent, raw answer, interpretation, compare-and-swap, in that order (see the promises K1 to K5). A driver does
what is yielded; tests step it by hand.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Final

from remint.errors import (
    ConfigurationError,
    ConnectionDead,
    Refusal,
    RenewalDelayed,
    StoreError,
    StoreUnavailable,
    UnknownConnection,
)
from remint.keeper.aftermath import Aftermath, death, longest_pause_ms
from remint.keeper.connection import (
    Answer,
    Busy,
    Held,
    Lease,
    Renewed,
    Tokens,
    asked_with,
    swapped,
)
from remint.keeper.effects import Do, Effect, Flow, Lost, Received, Send, Sleep, Unsent
from remint.keeper.events import Event
from remint.keeper.request import call_of, renewal_request
from remint.keeper.surroundings import Surroundings
from remint.keeper.timing import (
    earliest_at_ms,
    mandatory_at_ms,
    renew_at_ms,
)
from remint.keeper.understanding import reading

_POLL_MS: Final = 20
_LONGEST_POLL_MS: Final = 250
_TAKEN_OVER: Final = "another database server has taken over, and waits for what it may lack"
_LIMITED: Final = "the provider's limit of calls is reached"
#: About a minute in all: a database that fails over takes that long.
_JOURNAL_PAUSES_MS: Final = (50, 200, 500, 1000, 2000, *(4000,) * 14)


@dataclass(frozen=True)
class Wish:
    """What somebody wants: a token that works, and is neither ``rejected`` nor of ``version`` or before.

    ``spent`` is a token that is at its end by the stopwatch, whatever the wall clock was set to meanwhile: it
    is renewed, and would do only in want of a newer one. With ``version`` the renewal is asked for in so many
    words: pauses and death do not hinder it.
    ``patience_ms`` is how long it may take; with 0 it is tried once.
    """

    name: str
    rejected: str = field(default="", repr=False)
    spent: str = field(default="", repr=False)
    version: int | None = None
    patience_ms: int = 0


@dataclass(frozen=True)
class Wait:
    """Not now: ``ms`` from now, because of ``why``. ``is_busy`` while somebody else is at it."""

    held: Held
    ms: int
    why: str
    is_busy: bool = False


Under = Generator[Effect, Any, Held | Wait]


@dataclass
class RenewalFlow:
    """One wish, on its way. ``lease`` is what a driver gives back if the flow is left half-way."""

    around: Surroundings
    wish: Wish
    lease: Lease | None = field(default=None, init=False)

    def steps(self) -> Flow:
        """Yields effects, and returns the connection with a token that works.

        Raises ``UnknownConnection``, ``ConnectionDead``, ``RenewalDelayed``, ``StoreUnavailable``, and
        ``ConfigurationError`` where the dialect or the credentials do not do.
        """
        stored = yield Do("load", lambda: self.around.store.load(self.wish.name))
        if stored is None:
            raise UnknownConnection(self.wish.name)
        if self._satisfies(stored):
            return stored  # type: ignore[no-any-return]
        if stored.state == "dead" and self.wish.version is None:
            # However often it is asked for, that costs two looks into the store, and no lease.
            answers = yield Do("unread", lambda: self.around.store.unread(stored))
            if not answers:
                raise death(stored)
        deadline_ms = self.around.clock.monotonic_ms() + self.wish.patience_ms
        poll_ms = _POLL_MS
        while True:
            try:
                taken = yield Do("acquire", self._acquire)
            except StoreUnavailable:
                if self._works(stored):
                    return stored  # type: ignore[no-any-return]
                raise
            if taken is None:
                raise UnknownConnection(self.wish.name)
            if isinstance(taken, Busy):
                outcome = self._waiting(taken, poll_ms)
                poll_ms = min(_LONGEST_POLL_MS, poll_ms * 2)
            else:
                outcome = yield from self._leased(taken)
            found = outcome if isinstance(outcome, Held) else None
            if isinstance(outcome, Wait):
                found = yield from self._bide(outcome, deadline_ms)
            if found is not None:
                return found

    def abandon(self) -> None:
        """Gives the lease back, if one is held. For the driver, when the flow ends otherwise."""
        lease, self.lease = self.lease, None
        if lease is not None:
            self.around.leases.give_back(lease)

    def _waiting(self, busy: Busy, poll_ms: int) -> Held | Wait:
        held = busy.held
        if self._satisfies(held):
            return held
        if busy.settles_ms:
            return Wait(held, busy.settles_ms, _TAKEN_OVER)
        wait_ms = poll_ms + int(poll_ms * self.around.fraction())
        return Wait(held, wait_ms, "another renewal is under way", is_busy=True)

    def _acquire(self) -> Lease | Busy | None:
        taken = self.around.leases.take(self.wish.name)
        self.lease = taken if isinstance(taken, Lease) else None
        return taken

    def _leased(self, lease: Lease) -> Under:
        try:
            outcome = yield from self._under(lease)
        except Exception:
            yield Do("release", self.abandon)
            raise
        yield Do("release", self.abandon)
        return outcome

    def _bide(self, wait: Wait, deadline_ms: int) -> Generator[Effect, Any, Held | None]:
        """The token that there is, if it still works; else ``None`` when it is time to try again."""
        held = wait.held
        left_ms = deadline_ms - self.around.clock.monotonic_ms()
        is_late = wait.ms > left_ms or left_ms <= 0
        if self._works(held) and (is_late or not wait.is_busy):
            return held
        if is_late:
            raise RenewalDelayed(held.name, wait.why, retry_after_seconds=wait.ms / 1000)
        yield Sleep(wait.ms)
        return None

    def _under(self, lease: Lease) -> Under:
        held = yield from self._read_journal(lease)
        if self._satisfies(held) or self._is_rejected_young(held):
            return held
        if held.state == "dead" and self.wish.version is None:
            raise death(held)
        wait = self._hindrance(held)
        if wait is not None:
            if held.renew_at_ms is not None and held.renew_at_ms <= self.around.clock.now_ms():
                at_ms = self.around.clock.now_ms() + wait.ms
                yield Do("postpone", lambda: self.around.store.postpone(held.name, at_ms))
            return wait
        wait = yield from self._charge(held)
        return wait if wait is not None else (yield from self._renew(lease, held))

    def _renew(self, lease: Lease, held: Held) -> Under:
        around, now_ms = self.around, self.around.clock.now_ms()
        dialect = around.dialect(held.setup.dialect)
        try:
            wire = renewal_request(
                dialect, held.setup, held.tokens, now_ms=now_ms, random=around.entropy
            )
        except ConfigurationError as error:
            if error.key != "refresh_token":
                raise
            aftermath = Aftermath(around, held, lease.fence)
            return (yield from self._settled(aftermath, aftermath.of_lack()))
        if not (yield Do("intend", lambda: around.store.intend(lease, now_ms))):
            return Wait(held, 0, "the lease was lost")
        keep = call_of(dialect, held.setup.grant).answer_headers
        result = yield Send(wire, lambda: around.leases.holds(lease), keep)
        aftermath = Aftermath(around, held, lease.fence)
        if isinstance(result, Unsent) and not around.leases.holds(lease):
            # Nothing to write down: whoever has the lease now may have a call of its own under way.
            return Wait(held, 0, result.why)
        around.throttle.heard(held, answer=isinstance(result, Received))
        if isinstance(result, Unsent | Lost):
            return (yield from self._settled(aftermath, aftermath.of_silence(result)))
        answer = _answer(lease, held, result, around.clock.now_ms())
        is_kept = yield from self._journal(lease, answer)
        return (yield from self._absorb(held, answer, is_kept=is_kept))

    def _journal(self, lease: Lease, answer: Answer) -> Generator[Effect, Any, bool]:
        """Makes an answer durable, which nothing else holds yet: so it is not given up soon."""
        for pause_ms in _JOURNAL_PAUSES_MS:
            try:
                yield Do("journal", lambda: self.around.store.append(lease, answer))
            except StoreError:
                yield Sleep(pause_ms, is_urgent=True)
            else:
                return True
        return False

    def _absorb(
        self, held: Held, answer: Answer, *, is_kept: bool = False, is_late: bool = False
    ) -> Under:
        """Takes over what an answer brings. With ``is_kept`` also if that cannot be written down just now."""
        around = self.around
        tokens = self._understood(held, answer)
        if isinstance(tokens, Refusal):
            return (yield from self._failed(held, answer, tokens))
        renewed = self._renewed(held, tokens)
        try:
            after = yield Do("swap", lambda: around.store.swap(held, answer, renewed))
        except StoreError:
            if not is_kept:
                raise
            # The answer is durable, and whoever has the lease next takes it from the journal.
            return swapped(held, answer.fence, renewed)
        if after is None:
            return (yield from self._reread(held, "another renewal came first"))
        in_doubt = is_late or held.intent is not None or held.state == "dead"
        around.tell(Event("recovered" if in_doubt else "renewed", held.name, renewed.at_ms))
        return after  # type: ignore[no-any-return]

    def _failed(self, held: Held, answer: Answer, refusal: Refusal) -> Under:
        around, asked = self.around, asked_with(held, answer)
        if answer.is_aside and asked is held:
            return Wait(held, 0, "an answer is kept that the dialect does not understand")
        aftermath = Aftermath(around, asked, answer.fence)
        wait_ms = aftermath.of_refusal(answer, refusal)
        if refusal.code == "slow_down":
            around.throttle.slowed(held, around.renewal(held), wait_ms)
        return (yield from self._settled(aftermath, wait_ms))

    def _settled(self, aftermath: Aftermath, wait_ms: int) -> Under:
        """Writes a failure down and says when to go on. Raises ``ConnectionDead`` where it never does."""
        around, held = self.around, aftermath.held
        setback = aftermath.setback
        written = yield Do("settle", lambda: around.store.settle(held, setback, aftermath.fence))
        if not written:
            return (yield from self._reread(held, setback.trouble.description))
        if held.state != "dead":
            around.tell(aftermath.event(wait_ms))
        if setback.state == "dead":
            raise death(held, aftermath.setback.trouble)
        return Wait(held, wait_ms, setback.trouble.description or setback.trouble.code)

    def _reread(self, held: Held, why: str) -> Under:
        now = yield Do("load", lambda: self.around.store.load(held.name))
        if now is None:
            raise UnknownConnection(held.name)
        return now if self._satisfies(now) else Wait(now, 0, why)

    def _read_journal(self, lease: Lease) -> Generator[Effect, Any, Held]:
        """What earlier calls were answered, if nobody read it (K2, K4)."""
        around = self.around
        held = lease.held
        answers = yield Do("unread", lambda: around.store.unread(held))
        for answer in answers:
            try:
                outcome = yield from self._absorb(held, answer, is_late=True)
            except ConnectionDead:
                if self.wish.version is None:
                    raise
                outcome = held
            held = outcome.held if isinstance(outcome, Wait) else outcome
        if answers:
            held = (yield Do("load", lambda: around.store.load(held.name))) or held
            lease.held = held
        return held

    def _understood(self, held: Held, answer: Answer) -> Tokens | Refusal:
        dialect = self.around.dialect(held.setup.dialect)
        call = call_of(dialect, held.setup.grant)
        return reading(call, self.around.renewal(held), self.around.timing, held, answer)

    def _renewed(self, held: Held, tokens: Tokens) -> Renewed:
        around = self.around
        at_ms = renew_at_ms(tokens, around.renewal(held), around.timing, around.fraction())
        return Renewed(tokens, around.clock.now_ms(), at_ms)

    def _charge(self, held: Held) -> Generator[Effect, Any, Wait | None]:
        """Charges the provider's limit for one call."""
        throttle, now_ms = self.around.throttle, self.around.clock.now_ms()
        renewal = self.around.renewal(held)
        wait_ms, why = 0, _LIMITED
        if self.wish.patience_ms == 0:
            wait_ms = throttle.pause_ms(held)
            if not wait_ms and (silence_ms := throttle.silence_ms(held)):
                wait_ms, why = silence_ms, "the provider answers nothing"
        if not wait_ms and renewal.limit is not None:
            wait_ms = yield Do("charge", lambda: throttle.charge(held, renewal, now_ms))
        if not wait_ms:
            return None
        store = self.around.store
        yield Do("postpone", lambda: store.postpone(held.name, now_ms + wait_ms))
        return Wait(held, wait_ms, why)

    def _hindrance(self, held: Held) -> Wait | None:
        """Why not to call now, if there is a reason."""
        around, now_ms = self.around, self.around.clock.now_ms()
        renewal = around.renewal(held)
        early_ms = earliest_at_ms(held.tokens, renewal) - now_ms
        # No wait is longer than the bound itself, nor a pause below longer than any: what is greater is a
        # clock that was set back.
        is_early = 0 < early_ms <= renewal.earliest_seconds * 1000
        if held.tokens.access_token and is_early:
            return Wait(held, early_ms, "the provider renews no token so young")
        if self.wish.version is not None:
            return None
        wait_ms = held.not_before_ms - now_ms
        if 0 < wait_ms <= longest_pause_ms(held, around.timing):
            trouble = held.trouble
            return Wait(held, wait_ms, trouble.description or trouble.code if trouble else "")
        return None

    def _is_rejected_young(self, held: Held) -> bool:
        """Whether the API turns down what has just come: then it is not its age, and no other will do."""
        if not self.wish.rejected or self.wish.rejected != held.tokens.access_token:
            return False
        age_ms = self.around.clock.now_ms() - held.tokens.issued_at_ms
        return 0 <= age_ms < self.around.timing.rejected_pause_seconds * 1000

    def _is_wanted(self, held: Held) -> bool:
        """Whether this token was not turned down by whoever wants one."""
        if not held.tokens.access_token or held.tokens.access_token == self.wish.rejected:
            return False
        return self.wish.version is None or held.version > self.wish.version

    def _works(self, held: Held) -> bool:
        """Whether this token would do in want of a newer one."""
        ends_ms = held.tokens.expires_at_ms
        is_over = ends_ms is not None and ends_ms <= self.around.clock.now_ms()
        return self._is_wanted(held) and not is_over

    def _satisfies(self, held: Held) -> bool:
        """Whether this token is good enough not to renew it."""
        if not self._is_wanted(held):
            return False
        if self.wish.version is not None:
            return True
        if held.tokens.access_token == self.wish.spent:
            return False
        around, now_ms = self.around, self.around.clock.now_ms()
        due_ms = mandatory_at_ms(held.tokens, around.renewal(held), around.timing)
        if self.wish.patience_ms <= 0:
            # A grace period may be running out: what is in doubt does not wait for the expiry.
            in_doubt = held.state == "in_doubt"
            early_ms = held.not_before_ms if in_doubt else held.renew_at_ms
            due_ms = min((at for at in (due_ms, early_ms) if at is not None), default=None)
        return due_ms is None or now_ms < due_ms


def _answer(lease: Lease, held: Held, received: Received, now_ms: int) -> Answer:
    return Answer(
        fence=lease.fence,
        sent=held.sent,
        received_at_ms=now_ms,
        elapsed_ms=received.elapsed_ms,
        status=received.status,
        headers=received.headers,
        body=received.body,
    )
