"""What a caller must know of a provider before it renews: the table ``[renewal]``."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from remint.dialect.table import Table

Rotation = Literal["strict", "grace", "keep"]
#: What becomes of a refresh token that was used.
ROTATIONS = ("strict", "grace", "keep")
#: From when a refresh token's lifetime is counted.
LIFETIME_STARTS = ("renewal", "first")
#: Among what a limit is shared.
LIMIT_SHARES = ("provider", "client", "connection")


class Limit(msgspec.Struct, frozen=True):
    """At most ``calls`` renewals in ``per_seconds``, for all that share it.

    ``by`` says who does: every connection of the ``provider``, those of one ``client``, or nobody.
    """

    calls: int
    per_seconds: int
    by: Literal["provider", "client", "connection"] = "provider"


class Renewal(msgspec.Struct, frozen=True):
    """How a provider treats renewals. Durations are seconds; ``None`` where there is no such rule.

    - ``rotation``: ``strict``, a refresh token is good once; ``grace``, a spent one is still answered for
      ``grace_seconds``; ``keep``, it stays good, or comes back the same, or there is none to be replaced.
    - ``earliest_seconds``: the age of the access token before which a renewal is refused.
    - ``keep_alive_seconds``: renew at least so often, lest the refresh token dies of idleness.
    - ``refresh_lifetime_seconds``: how long a refresh token lives where the answers do not say, counted
      from the last ``renewal`` or from the ``first`` issue: ``refresh_lifetime_from``.
    - ``limit``: how many renewals the provider stands in how long.

    The defaults are those of caution: a token that is good for one call only.
    """

    rotation: Rotation = "strict"
    grace_seconds: int = 0
    earliest_seconds: int = 0
    keep_alive_seconds: int | None = None
    refresh_lifetime_seconds: int | None = None
    refresh_lifetime_from: Literal["renewal", "first"] = "renewal"
    limit: Limit | None = None


def read_renewal(table: Table) -> Renewal:
    """The table ``[renewal]``. Raises ``DialectError`` for what contradicts itself."""
    said: dict[str, Any] = {
        "rotation": table.choice("rotation", None, ROTATIONS),
        "grace_seconds": table.whole("grace_seconds", None, 1),
        "earliest_seconds": table.whole("earliest_seconds", None, 0),
        "keep_alive_seconds": table.whole("keep_alive_seconds", None, 1),
        "refresh_lifetime_seconds": table.whole("refresh_lifetime_seconds", None, 1),
        "refresh_lifetime_from": table.choice("refresh_lifetime_from", None, LIFETIME_STARTS),
        "limit": _limit(table.inner("limit", "limit")) if "limit" in table else None,
    }
    renewal = Renewal(**{key: value for key, value in said.items() if value is not None})
    _check(table, renewal)
    return renewal


def _limit(table: Table) -> Limit:
    for key in ("calls", "per_seconds"):
        if key not in table:
            raise table.absent(key)
    return msgspec.convert(
        {
            "calls": table.whole("calls", None, 1),
            "per_seconds": table.whole("per_seconds", None, 1),
            "by": table.choice("by", "provider", LIMIT_SHARES),
        },
        Limit,
    )


def _check(table: Table, renewal: Renewal) -> None:
    """Refuses what cannot be true at once."""
    if renewal.rotation == "grace" and "grace_seconds" not in table:
        raise table.absent("grace_seconds")
    if renewal.rotation != "grace" and "grace_seconds" in table:
        raise table.wrong(
            "grace_seconds", f"there is no grace under {renewal.rotation!r}", 'rotation = "grace"'
        )
    if "refresh_lifetime_from" in table and renewal.refresh_lifetime_seconds is None:
        raise table.wrong(
            "refresh_lifetime_from", "there is no lifetime to count", "refresh_lifetime_seconds"
        )
    often = renewal.keep_alive_seconds
    if often is None:
        return
    if often <= renewal.earliest_seconds:
        raise table.wrong(
            "keep_alive_seconds",
            "would be sooner than the earliest renewal",
            f"more than earliest_seconds, {renewal.earliest_seconds}",
        )
    lifetime = renewal.refresh_lifetime_seconds
    if lifetime is not None and often >= lifetime:
        raise table.wrong(
            "keep_alive_seconds",
            "would come when the refresh token is dead",
            f"less than refresh_lifetime_seconds, {lifetime}",
        )
