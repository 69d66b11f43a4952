"""When a connection is renewed: the windows before an expiry, and the pauses after a failure.

Times are milliseconds since the epoch, spans seconds unless a name says otherwise. Nothing here reads a
clock: the caller passes times and, where something is spread, a fraction from 0 to 1.
"""

from __future__ import annotations

from typing import Final

import msgspec

from remint.dialect import Renewal
from remint.keeper.connection import Setup, Tokens

_TENTH: Final = 0.1


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a keeper paces itself.

    In the last ``leeway_seconds`` of a token (a tenth of its life at most) callers wait for the next one: the
    mandatory window. In the ``advisory_seconds`` before (a quarter of its life at most) it is renewed behind
    their backs, at a moment that is drawn. ``patience_seconds`` is how long a caller waits at most
    for another try: a call that is under way is waited for, and ends by ``answer_seconds``.
    """

    leeway_seconds: float = 30
    advisory_seconds: float = 300
    patience_seconds: float = 30
    lease_seconds: float = 20
    connect_seconds: float = 10
    answer_seconds: float = 60
    first_pause_seconds: float = 1
    longest_pause_seconds: float = 300
    rejected_pause_seconds: float = 10  #: a token so young is not renewed for being rejected
    longest_life_seconds: float = 400 * 86_400  #: a token that claims more is renewed after this


def renewal_of(setup: Setup, declared: Renewal) -> Renewal:
    """What the dialect says of renewals, with what this connection says otherwise."""
    if not setup.rotation:
        return declared
    return msgspec.structs.replace(
        declared, rotation=setup.rotation, grace_seconds=setup.grace_seconds
    )


def leeway_ms(tokens: Tokens, timing: Timing) -> float:
    """How long before its expiry a token is no longer handed out."""
    if tokens.expires_at_ms is None:
        return 0
    life = max(0, tokens.expires_at_ms - tokens.issued_at_ms)
    return min(timing.leeway_seconds * 1000, life * _TENTH)


def mandatory_at_ms(tokens: Tokens, renewal: Renewal, timing: Timing) -> float | None:
    """From when on callers wait for a renewal; ``None``: a token that never ends."""
    if tokens.expires_at_ms is None:
        return None
    at = tokens.expires_at_ms - leeway_ms(tokens, timing)
    # Where the provider refuses to renew yet, waiting for it would help nobody.
    return min(tokens.expires_at_ms, max(at, earliest_at_ms(tokens, renewal)))


def earliest_at_ms(tokens: Tokens, renewal: Renewal) -> int:
    """Before this moment a renewal is an error to the provider; once a token is over it never is."""
    at = tokens.issued_at_ms + renewal.earliest_seconds * 1000
    return at if tokens.expires_at_ms is None else min(at, tokens.expires_at_ms)


def renew_at_ms(tokens: Tokens, renewal: Renewal, timing: Timing, fraction: float) -> int | None:
    """When to renew without being asked; ``None``: never.

    The moment is drawn from the advisory window, so that tokens that were issued together are not renewed
    together; from an earlier one where the refresh token would die of idleness or of age.
    """
    moments: list[float] = []
    if tokens.expires_at_ms is not None:
        life = max(0, tokens.expires_at_ms - tokens.issued_at_ms)
        lead = min(timing.advisory_seconds * 1000, life / 4)
        moments.append(tokens.expires_at_ms - lead * (1 - fraction / 2))
    if renewal.keep_alive_seconds is not None:
        moments.append(tokens.issued_at_ms + renewal.keep_alive_seconds * (900 + 50 * fraction))
    if tokens.refresh_expires_at_ms is not None:
        left = max(0, tokens.refresh_expires_at_ms - tokens.issued_at_ms)
        moments.append(tokens.issued_at_ms + left * (0.8 + 0.1 * fraction))
    if not moments:
        return None
    return int(max(min(moments), earliest_at_ms(tokens, renewal)))


def pause_ms(failures: int, timing: Timing, fraction: float) -> int:
    """How long to leave a provider alone after so many failures in a row: exponential, with jitter."""
    most = min(timing.longest_pause_seconds, timing.first_pause_seconds * 2 ** min(failures, 30))
    return int(1000 * most * (0.5 + fraction / 2))
