"""From a raw answer to tokens: skew, expiry, and what is kept of the tokens before."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Any, Final

from remint.dialect import Call, Renewal, TokenAnswer, WireAnswer
from remint.errors import Refusal
from remint.keeper.connection import Answer, Held, Tokens, asked_with
from remint.keeper.scrubbing import scrubbed
from remint.keeper.timing import Timing

#: ``Date`` is cut to the second; a difference of less says nothing.
_DATE_PRECISION_MS: Final = 2000
#: A store keeps whole numbers of 64 bits, a token no century.
_LONGEST_REFRESH_LIFE_MS: Final = 100 * 365 * 86_400_000
_MOST_NUMBER: Final = 2**63
VISIBLE: Final = re.compile(r"[\x20-\x7e]*")


def understand(call: Call, renewal: Renewal, timing: Timing, held: Held, answer: Answer) -> Tokens:
    """The tokens that an answer brings. Raises ``Refusal`` with an outcome where it brings none.

    Expiries are counted on the provider's clock, as its ``Date`` header tells it (RFC 9110 §6.6.1), and from
    the moment the request left: so a wrong clock on either side shifts nothing, and a slow answer cannot make
    a token look younger than it is.
    """
    headers = [
        (name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers
    ]
    server_now_ms = answer.received_at_ms + skew_ms(answer)
    meant = _decoded(call, WireAnswer(answer.status, headers, answer.body), server_now_ms)
    for name in ("access_token", "refresh_token"):
        if not VISIBLE.fullmatch(getattr(meant, name) or ""):
            raise Refusal(
                "server_error",
                f"The provider's {name} has characters that no token has (RFC 6749 §A.12).",
                name=name,
                kind="value",
                outcome="later",
            )
    return _merged(meant, renewal, timing, held, answer, server_now_ms)


def reading(
    call: Call, renewal: Renewal, timing: Timing, held: Held, answer: Answer
) -> Tokens | Refusal:
    """What ``understand`` finds; a refusal without the secrets that a provider's words may repeat.

    It is given, not raised: an error that is raised while another is handled shows both in its traceback.
    """
    try:
        return understand(call, renewal, timing, held, answer)
    except Refusal as error:
        refusal = error
    words = [refusal.code, refusal.description]
    asked = asked_with(held, answer)
    for each in (held,) if asked is held else (held, asked):
        words = [scrubbed(word, each.setup, each.tokens) for word in words]
    return Refusal(
        *words,
        kind=refusal.kind,
        retry_after_seconds=refusal.retry_after_seconds,
        outcome=refusal.outcome,
    )


def _decoded(call: Call, wire: WireAnswer, now_ms: int) -> TokenAnswer:
    try:
        return call.decode(wire, now_ms=now_ms)
    except Refusal:
        raise
    except Exception as error:  # noqa: BLE001
        # A dialect's hook may raise anything. The answer is in the journal by now: were this passed on,
        # every renewal after it would fail at the same answer. Its text may hold a token.
        raise Refusal(
            "server_error",
            f"The dialect fails at this answer ({type(error).__name__}).",
            kind="value",
            outcome="later",
        ) from None


def is_unreadable(answer: Answer, refusal: Refusal) -> bool:
    """Whether the provider said that all is well, and the dialect could make nothing of it."""
    return (
        200 <= answer.status <= 299 and refusal.code == "server_error" and refusal.kind == "value"
    )


def skew_ms(answer: Answer) -> int:
    """How far the provider's clock is ahead of ours; 0 where its answer does not say."""
    from email.utils import parsedate_to_datetime

    for name, value in answer.headers:
        if name == "date":
            try:
                at = parsedate_to_datetime(value)
            except (ValueError, OverflowError):
                return 0
            at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
            skew = int(at.timestamp() * 1000) + 500 - answer.received_at_ms
            return skew if abs(skew) > _DATE_PRECISION_MS else 0
    return 0


def _merged(
    meant: TokenAnswer,
    renewal: Renewal,
    timing: Timing,
    held: Held,
    answer: Answer,
    server_now_ms: int,
) -> Tokens:
    before = held.tokens
    issued_at_ms = answer.received_at_ms - answer.elapsed_ms
    refresh_token = meant.refresh_token or before.refresh_token
    is_new = refresh_token != before.refresh_token
    first_at_ms = before.refresh_first_at_ms or issued_at_ms
    return Tokens(
        access_token=meant.access_token or before.access_token,
        token_type=meant.token_type,
        issued_at_ms=issued_at_ms,
        expires_at_ms=_expiry(meant.expires_in, issued_at_ms, timing),
        refresh_token=refresh_token,
        refresh_first_at_ms=first_at_ms,
        refresh_expires_at_ms=_refresh_expiry(
            meant, renewal, before, issued_at_ms, first_at_ms, server_now_ms, is_new
        ),
        scope=meant.scope or before.scope,
        id_token=meant.id_token or before.id_token,
        extras={**(before.extras or {}), **_extras(meant)} or None,
    )


def _extras(meant: TokenAnswer) -> dict[str, Any]:
    found = {}
    for name, value in (meant.extras or {}).items():
        # What is nested so deep is nothing that a call could use.
        with contextlib.suppress(RecursionError):
            found[name] = _storable(value)
    return found


def _storable(value: Any) -> Any:
    """A value of JSON without numbers that no store can keep: they are kept as text.

    An answer that could be read and not be saved would stand in the way of every renewal after it.
    """
    if isinstance(value, dict):
        return {name: _storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    is_too_great = isinstance(value, int) and not -_MOST_NUMBER <= value < _MOST_NUMBER
    return str(value) if is_too_great else value


def _expiry(expires_in: int | None, issued_at_ms: int, timing: Timing) -> int | None:
    if expires_in is None:
        return None
    life = min(max(0, expires_in), timing.longest_life_seconds)
    return issued_at_ms + int(life * 1000)


def _refresh_expiry(
    meant: TokenAnswer,
    renewal: Renewal,
    before: Tokens,
    issued_at_ms: int,
    first_at_ms: int,
    server_now_ms: int,
    is_new: bool,
) -> int | None:
    if meant.refresh_expires_at is not None:
        left_ms = max(0, meant.refresh_expires_at * 1000 - server_now_ms)
        return issued_at_ms + min(left_ms, _LONGEST_REFRESH_LIFE_MS)
    if renewal.refresh_lifetime_seconds is not None:
        since = first_at_ms if renewal.refresh_lifetime_from == "first" else issued_at_ms
        return since + renewal.refresh_lifetime_seconds * 1000
    return None if is_new else before.refresh_expires_at_ms
