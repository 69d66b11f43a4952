"""What a grant may do and for how long. Per app, and fixed for a grant when it is made."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from remint.grant.budget import Budget

Algorithm = Literal["ES256", "RS256", "EdDSA", "HS256"]

_DAY = 86_400
UNAUTHENTICATED_WINDOW_SECONDS: Final = 15
"""The retry window of a client that does not authenticate: what it lost, a thief may have found."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a grant. Durations are seconds; ``None`` means without limit.

    - ``rotation``: ``rotate`` issues a new refresh token with each renewal; ``keep`` leaves it as it is.
    - ``retry_window_seconds``: how long the token before the newest one is still answered.
    - ``idle_lifetime_seconds``: a grant unused for that long has ended.
    - ``absolute_lifetime_seconds``: a grant ends then, used or not.
    - ``access_lifetime_seconds``, ``access_algorithm``: of the access tokens.
    - ``budget``: how many renewals in what time, for each grant.
    - ``grants_per_subject``: beyond it, the oldest grant of the subject to the app is revoked.
    - ``keep_unauthenticated``: says in so many words that ``keep`` is meant for a client that does not
      authenticate; RFC 9700 §2.2.2 wants such a client's refresh tokens rotated.
    """

    rotation: Literal["rotate", "keep"] = "rotate"
    retry_window_seconds: int = 60
    idle_lifetime_seconds: int | None = 30 * _DAY
    absolute_lifetime_seconds: int | None = None
    access_lifetime_seconds: int = 3600
    access_algorithm: Algorithm = "ES256"
    budget: Budget | None = None
    grants_per_subject: int | None = None
    keep_unauthenticated: bool = False

    def __post_init__(self) -> None:
        for name in ("idle_lifetime_seconds", "absolute_lifetime_seconds", "grants_per_subject"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be 1 or more, or absent for no limit")
        if self.access_lifetime_seconds < 1:
            raise ValueError("access_lifetime_seconds must be 1 or more")
        if not 0 <= self.retry_window_seconds <= 3600:
            raise ValueError("retry_window_seconds must be from 0 to 3600")

    @property
    def idle_granularity_ms(self) -> int:
        """How stale the idle clock of a ``keep`` grant may be: an hour, or less for short lifetimes."""
        idle = self.idle_lifetime_seconds
        return 0 if idle is None else min(3_600_000, idle * 100)


PRESETS: Final[dict[str, Policy]] = {
    # RFC 9700 §2.2.2: public clients' refresh tokens are rotated or sender-constrained.
    "rfc9700-public": Policy(
        rotation="rotate",
        retry_window_seconds=UNAUTHENTICATED_WINDOW_SECONDS,
        absolute_lifetime_seconds=90 * _DAY,
    ),
    "rfc9700-confidential": Policy(rotation="rotate"),
    # FAPI 2.0 Security Profile §5.3.2.1: "shall not use refresh token rotation" but for extraordinary cause.
    "fapi2-confidential": Policy(rotation="keep", access_lifetime_seconds=600),
}


def policy_from(mapping: dict[str, Any], base: Policy | None = None) -> Policy:
    """A policy from plain data over ``base`` (or the defaults). Raises ``ValueError`` naming the key."""
    merged = {**msgspec.to_builtins(base or Policy()), **mapping}
    try:
        return msgspec.convert(merged, Policy)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def for_client(policy: Policy, *, authenticates: bool) -> Policy:
    """``policy`` as it applies to a client that does or does not authenticate.

    Raises ``ValueError`` for ``keep`` without authentication unless the policy asks for just that.
    """
    if authenticates:
        return policy
    if policy.rotation == "keep" and not policy.keep_unauthenticated:
        raise ValueError(
            "a client that does not authenticate may not keep its refresh token (RFC 9700 §2.2.2); "
            'use rotation = "rotate", or say keep_unauthenticated = true if you mean it'
        )
    window = min(policy.retry_window_seconds, UNAUTHENTICATED_WINDOW_SECONDS)
    return msgspec.structs.replace(policy, retry_window_seconds=window)
