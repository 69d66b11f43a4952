"""One renewal on its way through a batch: judged, signed while the commit runs, then answered."""

from __future__ import annotations

import asyncio
from typing import Final

from remint.dialect import Endpoint
from remint.dialect.message import TokenAnswer, WireAnswer
from remint.errors import Refusal, StoreUnavailable
from remint.grant import Grant, Outcome, Presentation, Terms, judge, narrow
from remint.grant.rules import STREAK_LIMIT
from remint.issuer.endpoints.service import Service
from remint.store.protocols import AuditEvent, Held
from remint.store.records import App
from remint.token.refresh import Line, Parsed

_DEAD: Final = "The refresh token is invalid, expired or revoked."
_NO_EVENTS: Final[list[AuditEvent]] = []
_GONE: Final = {
    Outcome.REUSE_DETECTED: "a refresh token was used again after its successor: the grant is revoked",
    Outcome.REVOKED: "the grant was revoked before",
    Outcome.EXPIRED: "the grant has ended",
    Outcome.WRONG_CLIENT: "the refresh token belongs to another client",
}


def dead_token(logged: str) -> Refusal:
    """``invalid_grant``, worded the same whatever the reason: that is for our logs alone."""
    return Refusal("invalid_grant", _DEAD, logged=logged, outcome="dead")


class Renewal:
    """A ``Work`` of the group commit. ``future`` gets the answer, or the refusal as its exception."""

    __slots__ = (
        "_app",
        "_arrived_at_ms",
        "_endpoint",
        "_held",
        "_keys",
        "_line",
        "_narrowed",
        "_now_ms",
        "_origin",
        "_parsed",
        "_refusal",
        "_scope",
        "_service",
        "_streak",
        "_token",
        "_wire",
        "future",
        "grant_id",
        "outcome",
    )

    def __init__(
        self,
        future: asyncio.Future[WireAnswer],
        *,
        grant_id: bytes,
        parsed: Parsed | None,
        token: str,
        scope: str | None,
        app: App,
        endpoint: Endpoint,
        arrived_at_ms: int,
        origin: str,
        service: Service,
    ) -> None:
        """``parsed`` is ``None`` for an imported token, which stands for generation 0 of its grant.

        ``origin`` is the address that the request came from.
        """
        self.future = future
        self.grant_id = grant_id
        self.outcome = ""
        self._parsed = parsed
        self._token = token
        self._scope = scope
        self._app = app
        self._endpoint = endpoint
        self._arrived_at_ms = arrived_at_ms
        self._origin = origin
        self._service = service
        self._keys = service.installation.keys
        self._held: Held | None = None
        self._line: Line | None = None
        self._narrowed = ""
        self._streak = False
        self._now_ms = 0
        self._refusal: Exception | None = None
        self._wire: WireAnswer | None = None

    def waits_since(self, at_ms: int) -> None:
        """See ``Work``."""
        self._arrived_at_ms = min(self._arrived_at_ms, at_ms)

    def judge(
        self, held: Held | None, now_ms: int, serving_since_ms: int
    ) -> tuple[Grant | None, list[AuditEvent]]:
        """See ``Work``."""
        self._now_ms = now_ms
        self._refusal = self._wire = self._held = self._line = None
        if held is None:
            return None, self._orphaned(now_ms)
        grant = held.grant
        if not self._genuine(grant):
            self.outcome = "forged"
            self._refusal = dead_token("the inner MAC is wrong")
            return grant, _NO_EVENTS
        verdict = judge(
            grant,
            held.terms.policy,
            Presentation(
                self._app.id,
                0 if self._parsed is None else self._parsed.generation,
                self._arrived_at_ms,
            ),
            now_ms=now_ms,
            serving_since_ms=serving_since_ms,
            mint_key_id=self._keys.mint_key(now_ms).id,
        )
        self.outcome = outcome = verdict.outcome
        self._streak = verdict.streak_raised
        if outcome.renews:
            if not self._narrow(held.terms):
                return grant, _NO_EVENTS
            self._held = Held(verdict.grant, held.terms)
            if outcome is Outcome.ADVANCED:
                return verdict.grant, _NO_EVENTS
            return verdict.grant, self._events(grant, outcome, now_ms, streak=verdict.streak_raised)
        self._refusal = self._refused(outcome, verdict.retry_after_ms)
        return verdict.grant, self._events(grant, outcome, now_ms)

    def prepare(self) -> None:
        """See ``Work``."""
        if self._refusal is not None or self._held is None:
            return
        try:
            self._wire = self._endpoint.encode(self._answer(self._held))
        except Exception as error:  # noqa: BLE001 - it belongs to one request, not to the batch
            self._refusal = error

    def settle(self, error: StoreUnavailable | None) -> None:
        """See ``Work``."""
        if self.future.done():
            return
        if error is not None:
            # Nothing that was decided came to pass, or nobody knows whether it did.
            self.outcome = "unavailable"
        elif self._streak:
            self._service.metrics.retry_streaks += 1
        failure = error or self._refusal
        if failure is not None:
            self.future.set_exception(failure)
        elif self._wire is not None:
            self.future.set_result(self._wire)
        else:
            self.future.set_exception(RuntimeError("a renewal was settled before it was judged"))

    def _genuine(self, grant: Grant) -> bool:
        parsed = self._parsed
        if parsed is None:
            return bool(grant.imported)
        self._line = self._keys.codec.line(parsed.key_id, grant.salt)
        return self._line is not None and self._line.holds(parsed)

    def _narrow(self, terms: Terms) -> bool:
        scope = narrow(terms.scope, self._scope)
        if scope is None:
            self.outcome = "invalid_scope"
            self._refusal = Refusal(
                "invalid_scope",
                "The scope asks for more than was granted.",
                where="body",
                name="scope",
                kind="value",
            )
            return False
        self._narrowed = scope
        return True

    def _answer(self, held: Held) -> TokenAnswer:
        return self._service.answers.make(
            self._app,
            held.grant,
            held.terms,
            scope=self._narrowed,
            now_ms=self._now_ms,
            refresh_token=self._successor(held),
            sends=self._endpoint.sends,
        )

    def _successor(self, held: Held) -> str | None:
        grant, line = held.grant, self._line
        if held.terms.policy.rotation == "keep":
            # It is left out where it may be: a caller keeps the one that it has.
            return self._token if "refresh_token" in self._endpoint.always_sends else None
        if line is None or line.key_id != grant.key_id:
            line = self._keys.codec.line(grant.key_id, grant.salt)
        if line is None:
            raise KeyError(f"the key ring lacks the refresh-token key {grant.key_id}")
        return line.token(grant.id, grant.generation, grant.expires_at)

    def _orphaned(self, now_ms: int) -> list[AuditEvent]:
        self._refusal = dead_token("there is no such grant in the database")
        if self._parsed is None:
            self.outcome = "unknown"
            return _NO_EVENTS
        self.outcome = "orphaned"
        if not self._service.orphan_is_news(self.grant_id):
            return _NO_EVENTS
        return [self._event(now_ms, "orphaned", {})]

    def _events(
        self, grant: Grant, outcome: Outcome, now_ms: int, *, streak: bool = False
    ) -> list[AuditEvent]:
        generation = 0 if self._parsed is None else self._parsed.generation
        detail = {"presented": generation, "newest": grant.generation}
        if streak:
            detail = {**detail, "generations": STREAK_LIMIT}
            return [self._event(now_ms, "retry_streak", detail)]
        if outcome in (Outcome.REUSE_DETECTED, Outcome.REWOUND):
            return [self._event(now_ms, str(outcome), detail)]
        return _NO_EVENTS

    def _event(self, now_ms: int, name: str, detail: dict[str, int]) -> AuditEvent:
        app = self._app
        return AuditEvent(
            now_ms, name, app.id, self.grant_id, "", detail, app.workspace_id, self._origin
        )

    def _refused(self, outcome: Outcome, retry_after_ms: int) -> Exception:
        if outcome is Outcome.OVERTAKEN:
            return StoreUnavailable("others renewed this grant while the request waited")
        if outcome is Outcome.OVER_BUDGET:
            return Refusal(
                "slow_down",
                "Too many renewals; keep the access token until it expires.",
                retry_after_seconds=-(-retry_after_ms // 1000),
                outcome="later",
            )
        return dead_token(_GONE[outcome])
