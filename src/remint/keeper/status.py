"""What may be told of a connection: everything but its secrets."""

from __future__ import annotations

import msgspec

from remint.keeper.connection import Held, State


class Status(msgspec.Struct, frozen=True):
    """One connection. Times are milliseconds since the epoch; ``None`` is never, or not yet.

    ``code``, ``description`` and ``outcome`` say why the last renewal brought nothing, if it did not.
    """

    name: str
    dialect: str
    state: State
    grant: str
    base_url: str
    scope: str | None
    expires_at_ms: int | None
    refresh_expires_at_ms: int | None
    renew_at_ms: int | None
    renewed_at_ms: int | None
    created_at_ms: int
    renewals: int
    failures: int
    code: str = ""
    description: str = ""
    outcome: str = ""


def status_of(held: Held) -> Status:
    """The status of a connection as a store holds it."""
    trouble = held.trouble
    return Status(
        name=held.name,
        dialect=held.setup.dialect,
        state=held.state,
        grant=held.setup.grant,
        base_url=held.setup.base_url or held.setup.token_url,
        scope=held.tokens.scope,
        expires_at_ms=held.tokens.expires_at_ms,
        refresh_expires_at_ms=held.tokens.refresh_expires_at_ms,
        renew_at_ms=held.renew_at_ms,
        renewed_at_ms=held.renewed_at_ms or None,
        created_at_ms=held.created_at_ms,
        renewals=held.renewals,
        failures=held.failures,
        code=trouble.code if trouble else "",
        description=trouble.description if trouble else "",
        outcome=trouble.outcome if trouble else "",
    )
