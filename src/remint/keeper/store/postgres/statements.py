"""What the store says to PostgreSQL.

Each statement that changes a connection is of one row, found by its name, and decides in itself whether it
may: nothing is read first to be relied on later. What goes together is one statement.
"""

# Only the names of columns, and expressions from here, are put together.
# ruff: noqa: S608

from __future__ import annotations

from typing import Final

from remint.keeper.store.postgres.rows import COLUMNS, FOUND, LEASED, NOW_MS
from remint.keeper.store.postgres.timeline import FIRST_FENCE, IS_SETTLED
from remint.keeper.store.rows import Row
from remint.store.postgres.safety import SAFELY

_CONNECTION: Final = "remint_keeper.connection"
_ANSWER: Final = "remint_keeper.answer"
_VALUES: Final = ", ".join(f"%({column})s" for column in Row._fields)
_REPLACED: Final = ", ".join(
    f"{column} = excluded.{column}" for column in Row._fields if column not in ("name", "fence")
)
_ROW: Final = "name = %(name)s AND id = %(id)s"
_MINE: Final = (
    f"{_ROW} AND owner = %(owner)s AND starts_with(holder, %(holder)s)"
    f" AND fence = %(fence)s AND {LEASED}"
)
#: Somebody made a call with the same token under a later lease: what comes of that one counts.
_OVERTAKEN: Final = "(coalesce(intent_fence, 0) > %(fence)s AND intent_mark = sent_mark)"
#: See ``Found.is_abandoned``.
_ABANDONED: Final = (
    "(state = 'renewing' AND holder <> '' AND intent_fence IS NOT NULL AND intent_mark = sent_mark)"
)
_DUE: Final = "renew_at_ms IS NOT NULL AND state <> 'dead'"

CREATE: Final = (
    f"INSERT INTO {_CONNECTION} ({COLUMNS}) SELECT {_VALUES} WHERE {SAFELY}"
    " ON CONFLICT (name) DO NOTHING RETURNING name"
)
REPLACE: Final = (
    f"WITH gone AS (DELETE FROM {_ANSWER} WHERE name = %(name)s)"
    f" INSERT INTO {_CONNECTION} AS kept ({COLUMNS}) SELECT {_VALUES} WHERE {SAFELY}"
    f" ON CONFLICT (name) DO UPDATE SET {_REPLACED},"
    " fence = greatest(kept.fence, excluded.fence)"
)
BY_NAME: Final = f"SELECT {FOUND} FROM {_CONNECTION} WHERE name = %(name)s"
BY_ID: Final = f"SELECT {FOUND} FROM {_CONNECTION} WHERE {_ROW}"
BEHIND_NAME: Final = (
    f"SELECT {FOUND} FROM {_CONNECTION} WHERE name > %(name)s ORDER BY name LIMIT %(limit)s"
)
BY_OTHER_KEY: Final = (
    f"SELECT {FOUND} FROM {_CONNECTION} WHERE key_id < %(key_id)s LIMIT %(limit)s"
    " FOR UPDATE SKIP LOCKED"
)

# A holder is one asking for one lease: who asks again, because the connection to the database was lost,
# finds its own lease and takes it.
ACQUIRE: Final = (
    f"UPDATE {_CONNECTION} SET owner = %(owner)s, holder = %(holder)s,"
    f" fence = greatest(fence + 1, {FIRST_FENCE}),"
    f" lease_until_ms = {NOW_MS} + %(lease_ms)s, lease_ms = %(lease_ms)s"
    f" WHERE name = %(name)s AND (NOT {LEASED} AND NOT (%(is_unsettled)s AND {_ABANDONED})"
    f" AND {IS_SETTLED} OR holder = %(holder)s) RETURNING {FOUND}"
)
# The one change of several rows: all that are held somewhere are extended in one go, however far it is. A
# server that has taken over may have missed that they were taken; until it is settled, nobody else has been
# given one there.
EXTEND: Final = (
    f"UPDATE {_CONNECTION} AS kept SET owner = mine.owner, fence = mine.fence,"
    f" holder = CASE WHEN starts_with(holder, %(holder)s) THEN holder ELSE %(holder)s END,"
    f" lease_until_ms = {NOW_MS} + %(lease_ms)s, lease_ms = %(lease_ms)s"
    " FROM unnest(%(names)s::bytea[], %(ids)s::text[], %(owners)s::text[], %(fences)s::bigint[])"
    " AS mine (name, id, owner, fence)"
    " WHERE kept.name = mine.name AND kept.id = mine.id"
    " AND (kept.owner = mine.owner AND kept.fence = mine.fence AND starts_with(holder, %(holder)s)"
    f" AND {LEASED} OR kept.fence <= mine.fence AND NOT {IS_SETTLED})"
    " RETURNING kept.id, kept.fence"
)
RELEASE: Final = (
    f"WITH empty AS (DELETE FROM {_ANSWER} WHERE {_ROW} AND fence = %(fence)s AND sealed IS NULL)"
    f" UPDATE {_CONNECTION} SET holder = '', lease_until_ms = 0 WHERE {_MINE}"
)
GIVE_UP: Final = (
    f"UPDATE {_CONNECTION} SET holder = '', lease_until_ms = 0"
    " WHERE name = ANY(%(names)s::bytea[]) AND holder = ANY(%(holders)s::text[])"
)
# The second condition of the count is for who asks again without knowing whether it was heard.
INTEND: Final = (
    f"WITH intended AS (UPDATE {_CONNECTION} SET state = 'renewing',"
    " intent_tries = CASE"
    " WHEN intent_fence IS NULL OR intent_mark <> sent_mark THEN 1"
    " WHEN %(is_again)s AND intent_fence = %(fence)s AND intent_at_ms = %(at_ms)s"
    " THEN intent_tries ELSE intent_tries + 1 END,"
    " intent_fence = %(fence)s, intent_at_ms = %(at_ms)s, intent_mark = sent_mark"
    f" WHERE {_MINE} AND sent_mark = %(sent_mark)s AND {SAFELY} RETURNING name, id),"
    f" stale AS (DELETE FROM {_ANSWER}"
    f" WHERE {_ROW} AND fence <= %(fence)s - %(rooms)s AND sealed IS NULL),"
    f" room AS (INSERT INTO {_ANSWER} (name, id, fence, key_id, filler)"
    " SELECT name, id, %(fence)s, %(key_id)s, %(filler)s FROM intended"
    " ON CONFLICT (name, id, fence) DO NOTHING)"
    " SELECT count(*) FROM intended"
)
APPEND: Final = (
    f"INSERT INTO {_ANSWER} AS kept (name, id, fence, key_id, sealed)"
    f" SELECT name, id, %(fence)s, %(key_id)s, %(sealed)s FROM {_CONNECTION}"
    f" WHERE {_ROW} AND swapped_fence < %(unless_swapped)s AND {SAFELY}"
    " ON CONFLICT (name, id, fence) DO UPDATE SET key_id = excluded.key_id,"
    " sealed = excluded.sealed, filler = NULL, is_aside = false"
    " WHERE kept.sealed IS DISTINCT FROM excluded.sealed"
)
UNREAD: Final = (
    f"SELECT fence, is_aside, sealed FROM {_ANSWER} WHERE {_ROW} AND sealed IS NOT NULL"
    " ORDER BY fence"
)
CONSUME: Final = f"DELETE FROM {_ANSWER} WHERE {_ROW} AND fence = %(fence)s"
# Of answers that another server had taken, those that this one may lack.
LACKING: Final = (
    f"SELECT mine.at FROM {_CONNECTION} AS kept JOIN"
    " unnest(%(ats)s::int[], %(names)s::bytea[], %(ids)s::text[], %(fences)s::bigint[])"
    " AS mine (at, name, id, fence) ON kept.name = mine.name AND kept.id = mine.id"
    " WHERE kept.swapped_fence < mine.fence ORDER BY mine.at"
)
SWAP: Final = (
    f"WITH swapped AS (UPDATE {_CONNECTION} SET state = 'fresh', version = version + 1,"
    " renewed_at_ms = %(renewed_at_ms)s, renewals = renewals + 1,"
    " renew_at_ms = %(renew_at_ms)s, not_before_ms = 0, failures = 0,"
    " swapped_fence = %(fence)s, sent_mark = %(new_mark)s, intent_fence = NULL,"
    " key_id = %(key_id)s, trouble = NULL, payload = %(payload)s"
    f" WHERE {_ROW} AND version = %(version)s AND sent_mark = %(sent_mark)s"
    f" AND swapped_fence < %(fence)s AND {SAFELY} RETURNING {FOUND}),"
    f" consumed AS (DELETE FROM {_ANSWER} WHERE {_ROW} AND EXISTS (SELECT FROM swapped)"
    " AND (fence = %(fence)s OR fence < %(fence)s AND sealed IS NULL))"
    " SELECT * FROM swapped"
)
_SETTLED: Final = (
    f" UPDATE {_CONNECTION} SET"
    f" state = CASE WHEN {_OVERTAKEN} THEN state ELSE %(state)s END, trouble = %(trouble)s,"
    " failures = %(failures)s, not_before_ms = %(not_before_ms)s,"
    " renew_at_ms = %(renew_at_ms)s,"
    f" intent_fence = CASE WHEN %(keeps_intent)s OR {_OVERTAKEN} THEN intent_fence END"
    f" WHERE {_ROW} AND version = %(version)s AND sent_mark = %(sent_mark)s"
    " AND swapped_fence < %(fence)s"
    f" AND (%(state)s <> 'dead' OR NOT {_OVERTAKEN} AND NOT EXISTS (SELECT FROM {_ANSWER}"
    f" WHERE {_ROW} AND fence <> %(fence)s AND sealed IS NOT NULL AND NOT is_aside))"
    f" AND {SAFELY} RETURNING name"
)
SETTLE_AND_CONSUME: Final = f"WITH consumed AS ({CONSUME}){_SETTLED}"
SETTLE_AND_KEEP: Final = (
    f"WITH aside AS (UPDATE {_ANSWER} SET is_aside = true"
    f" WHERE {_ROW} AND fence = %(fence)s AND sealed IS NOT NULL){_SETTLED}"
)
POSTPONE: Final = f"UPDATE {_CONNECTION} SET renew_at_ms = %(renew_at_ms)s WHERE name = %(name)s"
FORGET: Final = (
    f"WITH gone AS (DELETE FROM {_ANSWER} WHERE name = %(name)s)"
    f" DELETE FROM {_CONNECTION} WHERE name = %(name)s AND {SAFELY} RETURNING name"
)
DUE: Final = (
    f"SELECT name FROM {_CONNECTION} WHERE {_DUE} AND renew_at_ms <= %(now_ms)s"
    f" AND NOT {LEASED} ORDER BY renew_at_ms, name LIMIT %(limit)s"
)
NEXT_DUE: Final = f"SELECT min(renew_at_ms) FROM {_CONNECTION} WHERE {_DUE}"
COUNT: Final = (
    f"SELECT CASE WHEN state = 'renewing' AND NOT {LEASED} THEN 'in_doubt' ELSE state END, count(*)"
    f" FROM {_CONNECTION} GROUP BY 1"
)
CHARGED: Final = "SELECT charged_until_ms FROM remint_keeper.allowance WHERE mark = %(mark)s"
FIRST_CHARGE: Final = (
    "INSERT INTO remint_keeper.allowance VALUES (%(mark)s, %(after)s)"
    " ON CONFLICT (mark) DO NOTHING RETURNING 1"
)
CHARGE: Final = (
    "UPDATE remint_keeper.allowance SET charged_until_ms = %(after)s"
    " WHERE mark = %(mark)s AND charged_until_ms = %(before)s RETURNING 1"
)
RESEAL: Final = (
    f"UPDATE {_CONNECTION} SET key_id = %(key_id)s, trouble = %(trouble)s, payload = %(payload)s"
    " WHERE name = %(name)s"
)
RESEALABLE: Final = f"SELECT count(*) FROM {_CONNECTION} WHERE key_id < %(key_id)s"
