"""Connections, answers and outcomes that a case needs."""

from __future__ import annotations

from typing import Any

from remint.keeper.connection import (
    Answer,
    Held,
    Lease,
    Renewed,
    Setback,
    Setup,
    Tokens,
    Trouble,
)
from remint.keeper.store.protocols import ConnectionStore
from tests.keeper.store.places import NOW_MS

LEASE_MS = 30_000


def held(name: str = "acme", generation: int = 0, **changed: Any) -> Held:
    """A connection that is in no store yet."""
    fields: dict[str, Any] = {
        "id": f"id-of-{name}",
        "name": name,
        "setup": Setup("oauth2", "https://provider.example", credentials={"client_id": "me"}),
        "tokens": tokens(generation),
        "created_at_ms": NOW_MS,
        "renew_at_ms": NOW_MS + 60_000,
    }
    return Held(**{**fields, **changed})


def tokens(generation: int) -> Tokens:
    """Of that generation."""
    return Tokens(
        access_token=f"access-{generation}",
        expires_at_ms=NOW_MS + 3_600_000 * (generation + 1),
        refresh_token=f"refresh-{generation}",
        extras={"instance_url": "https://eu.example", "level": 3},
    )


def answer(fence: int, sent: str, body: bytes = b"{}") -> Answer:
    """What a provider says to the token ``sent``."""
    return Answer(fence, sent, NOW_MS, 120, 200, [("content-type", "application/json")], body)


def renewed(generation: int) -> Renewed:
    """What a success leaves."""
    return Renewed(tokens(generation), NOW_MS + generation, NOW_MS + 1_000_000 * generation)


def setback(state: Any = "fresh", **changed: Any) -> Setback:
    """What a failure leaves."""
    outcome = "dead" if state == "dead" else "later"
    trouble = Trouble("invalid_grant", "The provider said no.", outcome, NOW_MS)
    fields: dict[str, Any] = {
        "state": state,
        "trouble": trouble,
        "failures": 1,
        "not_before_ms": NOW_MS + 5,
        "renew_at_ms": None if state == "dead" else NOW_MS + 7,
    }
    return Setback(**{**fields, **changed})


def kept(store: ConnectionStore, name: str = "acme", **changed: Any) -> Held:
    """A connection that is in the store."""
    made = held(name, **changed)
    assert store.create(made)
    return made


def leased(
    store: ConnectionStore, name: str = "acme", owner: str = "me", lease_ms: int = LEASE_MS
) -> Lease:
    """A lease on it."""
    lease = store.acquire(name, owner, lease_ms)
    assert isinstance(lease, Lease)
    return lease


def answered(store: ConnectionStore, lease: Lease, body: bytes = b"{}") -> Answer:
    """The answer to a renewal that was sent under the lease."""
    assert store.intend(lease, NOW_MS)
    made = answer(lease.fence, lease.held.sent, body)
    store.append(lease, made)
    return made


def now(store: ConnectionStore, name: str = "acme") -> Held:
    """The connection, which must be there."""
    found = store.load(name)
    assert found is not None
    return found
