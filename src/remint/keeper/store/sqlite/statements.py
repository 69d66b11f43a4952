"""What the store says to SQLite. Each statement finds its row, or where it begins, in an index."""

from __future__ import annotations

from typing import Final

LEASE: Final = (
    "UPDATE connection SET owner = ?, holder = ?, fence = ?, lease_until_ms = ?, lease_ms = ?"
    " WHERE id = ?"
)
INTEND: Final = (
    "UPDATE connection SET state = 'renewing', intent_fence = ?, intent_at_ms = ?,"
    " intent_tries = ?, intent_mark = sent_mark WHERE id = ?"
)
SWAP: Final = (
    "UPDATE connection SET state = 'fresh', version = ?, renewed_at_ms = ?,"
    " renewals = renewals + 1, renew_at_ms = ?, not_before_ms = 0, failures = 0,"
    " swapped_fence = ?, sent_mark = ?, intent_fence = NULL, key_id = ?, trouble = NULL,"
    " payload = ? WHERE id = ?"
)
SETTLE: Final = (
    "UPDATE connection SET state = ?, trouble = ?, failures = ?, not_before_ms = ?,"
    " renew_at_ms = ?, intent_fence = iif(?, intent_fence, NULL) WHERE id = ?"
)
DUE: Final = (
    "SELECT name, holder, lease_until_ms, lease_ms FROM connection"
    " WHERE renew_at_ms IS NOT NULL AND state <> 'dead' AND renew_at_ms <= ?"
    " ORDER BY renew_at_ms, name"
)
NEXT_DUE: Final = (
    "SELECT min(renew_at_ms) FROM connection WHERE renew_at_ms IS NOT NULL AND state <> 'dead'"
)
CHARGE: Final = (
    "INSERT INTO allowance VALUES (?, ?)"
    " ON CONFLICT (mark) DO UPDATE SET charged_until_ms = excluded.charged_until_ms"
)
POSTPONE: Final = "UPDATE connection SET renew_at_ms = ? WHERE name = ?"
DELETE: Final = "DELETE FROM connection WHERE id = ?"
TOTAL: Final = "SELECT count(*) FROM connection"
NOT_FRESH: Final = "SELECT state, count(*) FROM connection WHERE state <> 'fresh' GROUP BY state"
CHARGED: Final = "SELECT charged_until_ms FROM allowance WHERE mark = ?"
