"""The tables of a keeper's store in PostgreSQL, and how an older one is brought up to date."""

from __future__ import annotations

from typing import Final

from remint.errors import StoreError
from remint.keeper.store.postgres.timeline import make_timeline
from remint.store.postgres.connection import Connection

SCHEMA: Final = "remint_keeper"

_LOCK: Final = 0x72656D696E74
"""Taken by whoever makes or changes the tables: "remint" in hexadecimal."""

# A name is kept as bytes: it may be anything, and sorts by its letters' numbers in every locale. Everything
# of one connection goes by its name, so that an engine that shards by it has each statement on one node.
_FIRST: Final = (
    "CREATE SCHEMA IF NOT EXISTS remint_keeper",
    "CREATE TABLE remint_keeper.form (version integer NOT NULL)",
    "INSERT INTO remint_keeper.form VALUES (0)",
    """
    CREATE TABLE remint_keeper.store (
        id integer PRIMARY KEY CHECK (id = 1),
        store_id bytea NOT NULL,
        key_source text NOT NULL
    )""",
    """
    CREATE TABLE remint_keeper.data_key (
        id integer PRIMARY KEY,
        use text NOT NULL,
        sealed bytea NOT NULL,
        made_at_ms bigint NOT NULL,
        active boolean NOT NULL
    )""",
    """
    CREATE TABLE remint_keeper.connection (
        name bytea PRIMARY KEY,
        id text NOT NULL,
        state text NOT NULL,
        version bigint NOT NULL,
        created_at_ms bigint NOT NULL,
        renewed_at_ms bigint NOT NULL,
        renewals bigint NOT NULL,
        renew_at_ms bigint,
        not_before_ms bigint NOT NULL,
        failures bigint NOT NULL,
        swapped_fence bigint NOT NULL,
        sent_mark bytea NOT NULL,
        intent_fence bigint,
        intent_at_ms bigint NOT NULL,
        intent_tries integer NOT NULL,
        intent_mark bytea NOT NULL,
        owner text NOT NULL,
        holder text NOT NULL,
        fence bigint NOT NULL,
        lease_until_ms bigint NOT NULL,
        lease_ms bigint NOT NULL,
        key_id integer NOT NULL REFERENCES remint_keeper.data_key (id),
        trouble bytea,
        payload bytea NOT NULL
    )""",
    """
    CREATE INDEX connection_due ON remint_keeper.connection (renew_at_ms, name)
        WHERE renew_at_ms IS NOT NULL AND state <> 'dead'""",
    "CREATE INDEX connection_key ON remint_keeper.connection (key_id)",
    """
    CREATE TABLE remint_keeper.answer (
        name bytea NOT NULL,
        id text NOT NULL,
        fence bigint NOT NULL,
        key_id integer NOT NULL REFERENCES remint_keeper.data_key (id),
        is_aside boolean NOT NULL DEFAULT false,
        sealed bytea,
        filler bytea,
        PRIMARY KEY (name, id, fence)
    )""",
    # Uncompressed, or sixty-four kilobytes of nothing would take no room.
    "ALTER TABLE remint_keeper.answer ALTER COLUMN filler SET STORAGE EXTERNAL",
    "CREATE INDEX answer_key ON remint_keeper.answer (key_id)",
    """
    CREATE TABLE remint_keeper.allowance (
        mark bytea PRIMARY KEY,
        charged_until_ms bigint NOT NULL
    )""",
)

# Which server it is, and from when on it gives leases: see ``timeline``.
_SECOND: Final = (
    "ALTER TABLE remint_keeper.store ADD COLUMN timeline bigint NOT NULL DEFAULT 0",
    "ALTER TABLE remint_keeper.store ADD COLUMN settled_at_ms bigint NOT NULL DEFAULT 0",
)

STEPS: Final = (_FIRST, _SECOND)
"""Each step's statements; ``form.version`` is how many a database has behind it."""


# Not ``to_regclass``: it may go by what the session knew before it waited for another that made the table.
_FORM: Final = (
    "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'remint_keeper' AND tablename = 'form'"
)


def version_of(connection: Connection) -> int:
    """How far the database has come; 0 for a new one. Raises ``StoreError`` if it is of a later release."""
    if connection.execute(_FORM).fetchone() is None:
        return 0
    found = connection.execute("SELECT version FROM remint_keeper.form").fetchone()
    version: int = found[0] if found else 0
    if version > len(STEPS):
        raise StoreError(
            f"the store has the form {version}, made by a later release; this one knows {len(STEPS)}"
        )
    return version


def lock(connection: Connection) -> None:
    """Waits for whoever else is at the tables. The caller has a transaction open, which gives it back."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def upgrade(connection: Connection) -> None:
    """Takes the steps that the database has not taken. The caller has a transaction open."""
    for step in STEPS[version_of(connection) :]:
        for statement in step:
            connection.execute(statement)
        if step is _SECOND:
            make_timeline(connection)
            connection.execute("UPDATE remint_keeper.store SET timeline = remint_keeper.timeline()")
    connection.execute("UPDATE remint_keeper.form SET version = %s", (len(STEPS),))
