"""A connection as a row of PostgreSQL, and whether somebody has a lease on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from remint.keeper.connection import Held, State
from remint.keeper.store.rows import Row
from remint.keeper.store.vault import Vault
from remint.store.postgres.connection import Connection

COLUMNS: Final = ", ".join(Row._fields)

NOW_MS: Final = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
"""The server's clock, which is the same for all machines."""

CLOCK_STEP_MS: Final = 60_000
"""A clock that is set back by more is taken for another one."""

# A lease that ends later than it could was taken under a clock that was set back since, or on a server that
# another took over from. A little of that is let pass: its holder still counts on it.
LEASED: Final = (
    f"(lease_until_ms > {NOW_MS} AND lease_until_ms <= {NOW_MS} + lease_ms + {CLOCK_STEP_MS})"
)
FOUND: Final = f"{COLUMNS}, {LEASED}"


class Found(NamedTuple):
    """A row, and whether there is a lease on it."""

    row: Row
    is_leased: bool

    @property
    def is_abandoned(self) -> bool:
        """Whether a call was made under a lease that ran out, and nobody has said what came of it."""
        row = self.row
        is_under_way = row.state == "renewing" and row.holder != "" and not self.is_leased
        return is_under_way and row.intent is not None and row.intent.is_current

    def held(self, vault: Vault) -> Held:
        """The connection as it is. Raises ``VaultError``."""
        state: State = self.row.state
        if state == "renewing" and not self.is_leased:
            state = "in_doubt"
        return self.row.held(vault, state)


def found(values: tuple[Any, ...]) -> Found:
    """What a statement gives that asks for ``FOUND``."""
    name, *rest, is_leased = values
    return Found(Row(name_of(name), *rest), is_leased)


def found_by(connection: Connection, statement: str, given: Mapping[str, Any]) -> Found | None:
    """The one row that a statement gives."""
    values = connection.execute(statement, given).fetchone()
    return None if values is None else found(values)


def values_of(row: Row) -> Mapping[str, Any]:
    """A row's columns by name."""
    return {**row._asdict(), "name": bytes_of(row.name)}


def key_of(held: Held) -> dict[str, Any]:
    """What a statement finds that connection's row by."""
    return {"name": bytes_of(held.name), "id": held.id}


def bytes_of(name: str) -> bytes:
    """A name as it is kept."""
    return name.encode()


def name_of(kept: bytes) -> str:
    """The opposite."""
    return bytes(kept).decode()
