"""What follows from a renewal that brought no token: a pause, doubt, or the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from remint.errors import ConnectionDead, Refusal
from remint.keeper.connection import Answer, Held, Setback, Trouble
from remint.keeper.effects import Lost, Unsent
from remint.keeper.events import Event, Kind
from remint.keeper.scrubbing import scrubbed
from remint.keeper.timing import Timing, pause_ms
from remint.keeper.understanding import is_unreadable

if TYPE_CHECKING:
    from remint.keeper.surroundings import Surroundings

#: A provider that asks for more is asked again after this.
_LONGEST_RETRY_AFTER_MS: Final = 86_400_000
#: After a refusal that neither waiting nor the dialect explains, there is no hurry.
_UNEXPLAINED_PAUSES: Final = 6
_EARLY_MS: Final = 15_000
_NOT_PROCESSED: Final = frozenset({429, 503})


@dataclass(repr=False)
class Aftermath:
    """One failure of one renewal; ``of_silence`` or ``of_refusal`` says which, and fills ``setback``."""

    around: Surroundings
    held: Held
    fence: int
    setback: Setback = field(init=False)

    def of_silence(self, result: Unsent | Lost) -> int:
        """No answer came. The milliseconds until the next call.

        What was not sent has changed nothing. What was, leaves doubt: the next call is a replay, and what it
        brings is told by the provider's rotation (K4).
        """
        if isinstance(result, Unsent):
            return self._pause("unreachable", result.why, "later", in_doubt=self._was_in_doubt())
        return self._pause("no_answer", result.why, "doubt", in_doubt=True)

    def of_refusal(self, answer: Answer, refusal: Refusal) -> int:
        """The provider said no, or nothing that is understood. The milliseconds until the next call."""
        if is_unreadable(answer, refusal):
            # Set aside once; the second time it comes here, the token that it answers is gone.
            return self._pause(
                "unreadable",
                refusal.description,
                "doubt",
                in_doubt=True,
                consumes=answer.is_aside,
            )
        if refusal.outcome in ("dead", "login"):
            return self._end(refusal)
        asked_ms = None
        if refusal.retry_after_seconds is not None:
            asked_ms = min(_LONGEST_RETRY_AFTER_MS, refusal.retry_after_seconds * 1000)
        if refusal.outcome == "early":
            asked_ms = max(asked_ms or 0, _EARLY_MS)
        may_have_happened = answer.status >= 500 and answer.status not in _NOT_PROCESSED
        return self._pause(
            refusal.code,
            refusal.description,
            refusal.outcome or "later",
            in_doubt=may_have_happened or self._was_in_doubt(),
            asked_ms=asked_ms,
            least=0 if refusal.outcome else _UNEXPLAINED_PAUSES,
        )

    def of_lack(self) -> int:
        """There is nothing to renew with: the provider never sent a refresh token."""
        description = "The provider gave no refresh token, and the access token has run out."
        trouble = self._trouble("no_refresh_token", description, "login")
        self.setback = Setback("dead", trouble, self.held.failures + 1, 0, None)
        return 0

    def event(self, wait_ms: int) -> Event:
        """What there is to tell."""
        trouble = self.setback.trouble
        kind: Kind = "delayed"
        if self.setback.state == "dead":
            kind = "login" if trouble.outcome == "login" else "dead"
        elif trouble.code == "unreadable":
            kind = "unreadable"
        elif self.setback.state == "in_doubt":
            kind = "in_doubt"
        return Event(
            kind, self.held.name, trouble.at_ms, trouble.code, trouble.description, wait_ms
        )

    def _was_in_doubt(self) -> bool:
        """Whether a call before this one may have happened, for the token that is stored."""
        intent = self.held.intent
        if intent is None or not intent.is_current:
            return False
        return intent.fence != self.fence or intent.tries > 1

    def _end(self, refusal: Refusal) -> int:
        description = refusal.description
        if self._was_in_doubt() and refusal.outcome == "dead":
            # The replay was refused: the call before had happened, and its answer took the token with it.
            lost = "The answer to an earlier renewal was lost"
            rotation = self.around.renewal(self.held).rotation
            description = f"{lost}, and this provider's rotation is {rotation!r}. {description}"
        trouble = self._trouble(refusal.code, description.strip(), refusal.outcome)
        self.setback = Setback("dead", trouble, self.held.failures + 1, 0, None)
        return 0

    def _pause(
        self,
        code: str,
        description: str,
        outcome: str,
        *,
        in_doubt: bool,
        asked_ms: int | None = None,
        least: int = 0,
        consumes: bool = True,
    ) -> int:
        around, held = self.around, self.held
        wait_ms = pause_ms(max(least, held.failures), around.timing, around.fraction())
        wait_ms = wait_ms if asked_ms is None else max(asked_ms, 1)
        at_ms = around.clock.now_ms() + wait_ms
        self.setback = Setback(
            "in_doubt" if in_doubt else "fresh",
            self._trouble(code, description, outcome),
            held.failures + 1,
            at_ms,
            at_ms,
            keeps_intent=in_doubt,
            consumes=consumes,
        )
        return wait_ms

    def _trouble(self, code: str, description: str, outcome: str) -> Trouble:
        words = scrubbed(description, self.held.setup, self.held.tokens)
        return Trouble(code, words, outcome, self.around.clock.now_ms())


def death(held: Held, trouble: Trouble | None = None) -> ConnectionDead:
    """The error that tells of it, by what is known last."""
    trouble = trouble or held.trouble
    if trouble is None:
        return ConnectionDead(held.name, "invalid_grant", "")
    return ConnectionDead(held.name, trouble.code, trouble.description, outcome=trouble.outcome)


def longest_pause_ms(held: Held, timing: Timing) -> int:
    """No pause that was written down is longer."""
    asked = _LONGEST_RETRY_AFTER_MS if held.trouble is not None else 0
    return max(asked, int(timing.longest_pause_seconds * 1000))
