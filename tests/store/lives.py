"""The reference model: what a client may expect of its grant, told by history alone."""

from __future__ import annotations

from remint.grant import Outcome
from tests.store.server import IDLE_MS, WINDOW_MS, Answer

DEAD = {Outcome.REUSE_DETECTED, Outcome.REVOKED, Outcome.EXPIRED, "orphaned"}


class Life:
    """One grant in the eyes of its client, and of somebody who remembers everything.

    ``received`` are the client's tokens, oldest first. ``successors`` is what each token was answered with,
    forgotten with a restore. ``murky`` says that an older token was shown, or one too late, after a restore
    or otherwise: then no one can tell thief from client, and I1 promises nothing.
    """

    def __init__(self, grant_id: bytes, subject: str, token: str, now_ms: int) -> None:
        self.grant_id = grant_id
        self.subject = subject
        self.received = [token]
        self.successors: dict[str, str] = {}
        self.used_at_ms: dict[str, int] = {}
        self.active_at_ms = now_ms
        self.revoked = False
        self.murky = False
        self.restored = False

    @property
    def newest(self) -> str:
        """The newest token that the client has received."""
        return self.received[-1]

    def shown_newest(self, answer: Answer, now_ms: int, calm_since_ms: int) -> None:
        """The client showed its newest token: it lives unless a limit of I1 says otherwise."""
        token = self.newest
        self._check_revoked(answer)
        if self.revoked or answer.outcome is None:
            return
        used_at_ms = self.used_at_ms.get(token)
        in_window = used_at_ms is None or now_ms - max(used_at_ms, calm_since_ms) < WINDOW_MS
        if answer.outcome in DEAD:
            is_idle = self.restored or now_ms - self.active_at_ms >= IDLE_MS
            excused = self.murky or not in_window
            excused = excused or (is_idle and answer.outcome is Outcome.EXPIRED)
            assert excused, f"I1: logged out by {answer.outcome}"
        elif used_at_ms is not None and not self.restored and not self.murky:
            closed = now_ms - max(used_at_ms, answer.serving_since_ms) >= WINDOW_MS
            assert not closed, "I2: the window stayed open"
        self._take(token, answer, now_ms)

    def shown_older(self, token: str, answer: Answer, now_ms: int) -> None:
        """Somebody showed a token that was followed by a successor which was used: theft."""
        self._check_revoked(answer)
        if self.revoked or answer.outcome is None:
            return
        if not self.restored:
            allowed = {Outcome.REUSE_DETECTED, Outcome.OVERTAKEN, Outcome.EXPIRED}
            assert answer.outcome in allowed, f"I2: an older token was {answer.outcome}"
        self.murky = self.murky or answer.outcome is not Outcome.OVERTAKEN
        self._take(token, answer, now_ms)

    def receive(self, token: str) -> None:
        """The client got an answer."""
        if token not in self.received:
            self.received.append(token)

    def left_in_doubt(self, answer: Answer, now_ms: int, *, is_there: bool) -> None:
        """A fault came in between: the client was told nothing, but the row may have changed."""
        if answer.meant is Outcome.REUSE_DETECTED:
            self.murky = True
        elif is_there and answer.meant is not Outcome.RETRIED:
            self.used_at_ms[self.newest] = self.active_at_ms = now_ms

    def put_back(self) -> None:
        """The database went back: what it forgot it cannot know."""
        self.restored = True
        self.successors.clear()

    def _check_revoked(self, answer: Answer) -> None:
        if self.revoked:
            assert answer.outcome in {Outcome.REVOKED, "orphaned", None}, (
                "I2: a revoked grant lives"
            )

    def _take(self, token: str, answer: Answer, now_ms: int) -> None:
        if answer.outcome is Outcome.REUSE_DETECTED:
            self.revoked = True
        if not answer.token:
            return
        known = self.successors.setdefault(token, answer.token)
        assert known == answer.token, "I4: a second successor"
        if answer.outcome is not Outcome.RETRIED:
            self.used_at_ms[token] = self.active_at_ms = now_ms
