"""The limits of providers, kept by all machines together: one timestamp each."""

from __future__ import annotations

from remint.grant.budget import Budget, charge
from remint.keeper.store.postgres import statements
from remint.store.postgres.connection import Connection


def charged(connection: Connection, budget: Budget, mark: bytes, now_ms: int) -> int:
    """0, or the milliseconds to wait. Whoever finds that another was charged in between looks again."""
    while True:
        given = {"mark": mark}
        found = connection.execute(statements.CHARGED, given).fetchone()
        before = 0 if found is None else found[0]
        after, wait_ms = charge(budget, before, now_ms)
        if wait_ms:
            return wait_ms
        values = {**given, "before": before, "after": after}
        statement = statements.FIRST_CHARGE if found is None else statements.CHARGE
        if connection.execute(statement, values).fetchone() is not None:
            return 0
