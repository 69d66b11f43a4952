"""A connection as ``status`` and ``connect`` tell it. Never a token or a secret: a status has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remint.cli.duration import since, until
from remint.cli.output import moment

if TYPE_CHECKING:
    from remint.keeper.status import Status

_TIMES = (
    "expires_at",
    "refresh_expires_at",
    "renew_at",
    "renewed_at",
    "created_at",
)


def told(status: Status, now_ms: int) -> dict[str, Any]:
    """All that there is, for machines: times in ISO 8601."""
    times = {name: _moment(getattr(status, f"{name}_ms")) for name in _TIMES}
    ends_ms = status.expires_at_ms
    return {
        "name": status.name,
        "dialect": status.dialect,
        "state": status.state,
        "grant": status.grant,
        "url": status.base_url,
        "scope": status.scope,
        "expires_in": None if ends_ms is None else (ends_ms - now_ms) // 1000,
        **times,
        "renewals": status.renewals,
        "failures": status.failures,
        "code": status.code,
        "description": status.description,
        "outcome": status.outcome,
    }


def row(status: Status, now_ms: int) -> tuple[str, str, str, str, str, str]:
    """What the table has a column for: see ``COLUMNS``."""
    return (
        status.name,
        status.dialect,
        status.state,
        until(status.expires_at_ms, now_ms),
        since(status.renewed_at_ms, now_ms),
        why(status),
    )


COLUMNS = ("name", "dialect", "state", "expires in", "last renewal", "why")


def why(status: Status) -> str:
    """What went wrong the last time, if it did."""
    return ": ".join(part for part in (status.code, status.description) if part)


def in_short(status: Status, now_ms: int) -> str:
    """One connection in a line."""
    ends = until(status.expires_at_ms, now_ms)
    life = "never expires" if status.expires_at_ms is None else f"expires in {ends}"
    return f"{status.name} is connected ({status.dialect}); its token {life}"


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else moment(at_ms // 1000)
