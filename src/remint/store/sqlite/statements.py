"""The statements of the hot path, which go straight to the driver.

Each handles a whole batch in one step. The driver lets go of the interpreter lock around every step, and
getting it back from a busy loop costs more than the step: so rows come back folded into one JSON array,
and updates go out as one table of values. Batches are padded to a few sizes, for statements to stay prepared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec

from remint.grant import Grant
from remint.store.grantkey import grant_key
from remint.store.protocols import Change

SIZES: Final = (1, 4, 16, 32, 64, 128, 256)

_FIELDS: Final = (
    "hex(g.id), g.app_id, g.subject, g.terms_id, hex(g.salt), g.generation, g.key_id, g.created_at,"
    " g.expires_at, g.advanced_at_ms, g.budget_at_ms, g.retries, g.revoked_at, g.revoked_why,"
    " g.imported, g.epoch, a.epoch + w.epoch + coalesce(s.epoch, 0)"
)


class _Row(msgspec.Struct, array_like=True, gc=False):
    id: str
    app_id: int
    subject: str
    terms_id: int
    salt: str
    generation: int
    key_id: int
    created_at: int
    expires_at: int
    advanced_at_ms: int
    budget_at_ms: int
    retries: int
    revoked_at: int
    revoked_why: int
    imported: int
    epoch: int
    current_epoch: int


_decode_rows: Final = msgspec.json.Decoder(list[_Row]).decode


def padded(size: int) -> int:
    """The smallest prepared batch size that ``size`` fits in."""
    return next(candidate for candidate in SIZES if candidate >= size)


@cache
def select(size: int) -> str:
    """Reads ``size`` grants by key, with their current epochs, as one JSON array."""
    places = ",".join("?" * size)
    # S608: only places for values are put together here.
    return (
        f"SELECT json_group_array(json_array({_FIELDS})) FROM grants g"  # noqa: S608
        " JOIN apps a ON a.id = g.app_id JOIN workspaces w ON w.id = a.workspace_id"
        " LEFT JOIN subject_epochs s ON s.workspace_id = a.workspace_id AND s.subject = g.subject"
        f" WHERE g.key IN ({places})"
    )


@cache
def update(size: int) -> str:
    """Writes ``size`` rows, each only if it is as it was read."""
    places = ",".join(["(?,?,?,?,?,?,?,?,?,?,?)"] * size)
    # S608: as above.
    return (
        "UPDATE grants SET"  # noqa: S608
        " generation = v.column4, key_id = v.column5, advanced_at_ms = v.column6,"
        " budget_at_ms = v.column7, retries = v.column8, revoked_at = v.column9,"
        f" revoked_why = v.column10 FROM (VALUES {places}) AS v"
        " WHERE grants.key = v.column1 AND grants.generation = v.column2"
        " AND grants.budget_at_ms = v.column3 AND grants.retries = v.column11"
        " AND grants.revoked_at = 0"
    )


def select_values(wanted: Sequence[bytes]) -> list[int | None]:
    """The values for ``select(padded(len(wanted)))``."""
    keys: list[int | None] = [grant_key(id_) for id_ in wanted]
    return keys + [None] * (padded(len(keys)) - len(keys))


def update_values(changes: Sequence[Change]) -> list[Any]:
    """The values for ``update(padded(len(changes)))``."""
    values: list[Any] = []
    for change in changes:
        before, after = change.before, change.after
        values += (
            grant_key(before.id),
            before.generation,
            before.budget_at_ms,
            after.generation,
            after.key_id,
            after.advanced_at_ms,
            after.budget_at_ms,
            after.retries,
            after.revoked_at,
            after.revoked_why,
            before.retries,
        )
    return values + [None] * (11 * (padded(len(changes)) - len(changes)))


def grants_of(folded: str) -> list[Grant]:
    """The grants in the answer of ``select``."""
    return [
        Grant(
            bytes.fromhex(row.id),
            row.app_id,
            row.subject,
            row.terms_id,
            bytes.fromhex(row.salt),
            row.generation,
            row.key_id,
            row.created_at,
            row.expires_at,
            row.advanced_at_ms,
            row.budget_at_ms,
            row.retries,
            row.revoked_at,
            row.revoked_why,
            row.imported,
            row.epoch,
            row.current_epoch,
        )
        for row in _decode_rows(folded)
    ]
