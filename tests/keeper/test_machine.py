"""Several holders over one store, in any order: killed at any step, answered late, never or with junk."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from remint.errors import RemintError
from remint.keeper.effects import Do, Lost, Received, Send, Unsent
from tests.keeper.provider import Reply, refresh_token, refusal
from tests.keeper.stepping import NAME, Desk, Walk, received

OWNERS = ("one", "two", "three")
owners = st.sampled_from(OWNERS)
JUNK = (b"", b"<html>", b'{"code":400}', b'{"access_token":""}', b'{"access_token":null}')


def generation(token: str | None) -> int:
    """Which of the line it is; fails for anything else."""
    assert token is not None
    number = int(token.rsplit("-", 2)[1])
    assert token == refresh_token(NAME, number)
    return number


class Holders(RuleBasedStateMachine):
    """``walks`` are the flows under way; ``pending`` what the provider has answered and nobody has read."""

    def __init__(self) -> None:
        super().__init__()
        self.walks: dict[str, Walk] = {}
        self.pending: dict[str, Reply] = {}
        self.refused: set[str] = set()  # tokens that the provider has refused
        self.kept = 0  # the newest generation that is durable
        self.seen = 0  # the newest that the store has shown
        self.is_clean = True  # nobody was killed, stopped or left without an answer

    @initialize(
        rotation=st.sampled_from(
            [("strict", "strict"), ("single", "strict"), ("grace", "grace"), ("keep", "keep")]
        )
    )
    def begin(self, rotation: tuple[str, str]) -> None:
        self.desk = Desk(*rotation)

    @rule(
        owner=owners,
        patience=st.sampled_from([0, 5, 30]),
        asked=st.booleans(),
        count=st.sampled_from([0, 3, 4, 5, 6, 7]),
    )
    def start(self, owner: str, patience: float, asked: bool, count: int) -> None:
        """And goes some way at once, to intent and send and journal."""
        if owner not in self.walks:
            wish: dict[str, Any] = {"version": self.desk.held.version} if asked else {}
            self.walks[owner] = self.desk.walk(owner, patience=patience, **wish)
        self.steps(owner, count)

    @rule(owner=owners, count=st.sampled_from([1, 2, 4, 6, 8, 12]))
    def steps(self, owner: str, count: int) -> None:
        """Whatever comes next; of a call, that the provider gets it, and then that its answer arrives."""
        for _ in range(count):
            walk = self.walks.get(owner)
            if walk is None:
                return
            if not isinstance(walk.effect, Send):
                self.moved(owner)
            elif owner in self.pending:
                self.moved(owner, received(self.pending.pop(owner)))
            else:
                self.called(owner, walk.effect)

    @precondition(lambda self: self.pending)
    @rule()
    def answer_never_comes(self) -> None:
        self.is_clean = False
        owner, _ = self.pending.popitem()
        self.moved(owner, Lost("ReadTimeout"))

    @rule(owner=owners, body=st.sampled_from(JUNK), status=st.sampled_from([200, 404, 429, 500]))
    def answer_is_junk(self, owner: str, body: bytes, status: int) -> None:
        """Of a proxy in between, say: the provider knows nothing of the call."""
        walk = self.walks.get(owner)
        if walk is not None and isinstance(walk.effect, Send) and owner not in self.pending:
            self.is_clean = False
            self.moved(owner, Received(status, [], body, 5))

    @rule(owner=owners)
    def not_sent(self, owner: str) -> None:
        walk = self.walks.get(owner)
        if walk is not None and isinstance(walk.effect, Send) and owner not in self.pending:
            self.moved(owner, Unsent("ConnectError"))

    @rule(owner=owners)
    def killed(self, owner: str) -> None:
        """Its lease runs out by itself."""
        if self.walks.pop(owner, None) is not None:
            self.is_clean = False
            self.pending.pop(owner, None)

    @rule(seconds=st.sampled_from([0.1, 3, 19, 21, 400, 4000]))
    def time_passes(self, seconds: float) -> None:
        """For those who hold a lease: as if they had been stopped."""
        if any(walk.flow.lease is not None for walk in self.walks.values()):
            self.is_clean = False
        self.desk.clock.elapse(seconds)

    @rule(seconds=st.sampled_from([-40_000_000, -4000, -30, 30, 4000, 40_000_000]))
    def clock_is_set(self, seconds: float) -> None:
        self.desk.clock.jump(seconds)

    def called(self, owner: str, send: Send) -> None:
        if not send.may_send():
            self.moved(owner, Unsent("the lease ran out before the request was sent"))
            return
        call = self.desk.call(send)
        reply = self.desk.provider.answer(call)
        assert reply is not None
        if reply[0] == refusal("invalid_grant")[0]:
            self.refused.add(call.form["refresh_token"])
        self.pending[owner] = reply

    def moved(self, owner: str, result: Any = None) -> None:
        walk = self.walks[owner]
        if isinstance(walk.effect, Do) and walk.effect.step == "journal":
            self.is_kept(walk)
        with contextlib.suppress(RemintError):
            walk.go(result)
        if walk.effect is None:
            del self.walks[owner]
            self.pending.pop(owner, None)

    def is_kept(self, walk: Walk) -> None:
        """The answer that is about to be journalled counts as kept."""
        steps: Any = walk._steps
        frame = steps
        while frame.gi_yieldfrom is not None:
            frame = frame.gi_yieldfrom
        body = frame.gi_frame.f_locals["answer"].body
        for number in range(self.kept + 1, self.desk.provider.newest.get(NAME, 0) + 1):
            if refresh_token(NAME, number).encode() in body:
                self.kept = number

    @invariant()
    def the_token_is_one_of_the_line(self) -> None:
        """Never null, never junk, never an older one again."""
        if not hasattr(self, "desk"):
            return
        held = self.desk.held
        number = generation(held.tokens.refresh_token)
        assert held.tokens.access_token.startswith("at-")
        assert self.seen <= number <= self.desk.provider.newest.get(NAME, 0)
        self.seen = number

    @invariant()
    def the_dead_were_refused(self) -> None:
        """Nobody dies of a refusal that speaks of another token."""
        if hasattr(self, "desk") and self.desk.held.state == "dead":
            assert self.desk.held.sent in self.refused

    @invariant()
    def no_token_is_sent_twice(self) -> None:
        """As long as every answer comes, and in time."""
        if hasattr(self, "desk") and self.is_clean and self.desk.declared == "strict":
            sent = Counter(call.form["refresh_token"] for call in self.desk.provider.calls)
            assert not sent or max(sent.values()) == 1

    def teardown(self) -> None:
        """All are killed. Whoever comes next finds the newest token that was kept."""
        if not hasattr(self, "desk"):
            return
        self.is_clean = self.is_clean and not self.walks
        self.walks.clear()
        for _ in range(3):
            self.desk.clock.elapse(400)
            walk = self.desk.walk("last", version=self.desk.held.version)
            with contextlib.suppress(RemintError):
                while walk.effect is not None:
                    if isinstance(walk.effect, Send):
                        call = self.desk.call(walk.effect)
                        reply = self.desk.provider.answer(call)
                        assert reply is not None
                        walk.go(received(reply))
                    else:
                        walk.go()
        held = self.desk.held
        if self.desk.rotation == "keep":
            assert held.state == "fresh"
            return
        assert generation(held.tokens.refresh_token) >= self.kept
        if self.desk.rotation == "grace" or self.is_clean:
            assert held.state == "fresh"
            assert generation(held.tokens.refresh_token) == self.desk.provider.newest[NAME]


TestHolders = Holders.TestCase
TestHolders.settings = settings(max_examples=200, stateful_step_count=30)
