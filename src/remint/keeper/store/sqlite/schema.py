"""The tables of a keeper's store, and how an older file is brought up to date."""

from __future__ import annotations

import sqlite3
from typing import Final

from remint.errors import StoreError

# What is long comes last: SQLite reads a row from its beginning, and no further than it must.
_FIRST: Final = (
    """
    CREATE TABLE store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        store_id BLOB NOT NULL,
        key_source TEXT NOT NULL
    )""",
    """
    CREATE TABLE data_key (
        id INTEGER PRIMARY KEY,
        use TEXT NOT NULL,
        sealed BLOB NOT NULL,
        made_at_ms INTEGER NOT NULL,
        active INTEGER NOT NULL
    )""",
    """
    CREATE TABLE connection (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL,
        renewed_at_ms INTEGER NOT NULL,
        renewals INTEGER NOT NULL,
        renew_at_ms INTEGER,
        not_before_ms INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        swapped_fence INTEGER NOT NULL,
        sent_mark BLOB NOT NULL,
        intent_fence INTEGER,
        intent_at_ms INTEGER,
        intent_tries INTEGER,
        intent_mark BLOB,
        owner TEXT NOT NULL DEFAULT '',
        holder TEXT NOT NULL DEFAULT '',
        fence INTEGER NOT NULL,
        lease_until_ms INTEGER NOT NULL DEFAULT 0,
        lease_ms INTEGER NOT NULL DEFAULT 0,
        key_id INTEGER NOT NULL,
        trouble BLOB,
        payload BLOB NOT NULL
    )""",
    """
    CREATE INDEX connection_due ON connection (renew_at_ms, name)
        WHERE renew_at_ms IS NOT NULL AND state <> 'dead'""",
    "CREATE INDEX connection_state ON connection (state) WHERE state <> 'fresh'",
    "CREATE INDEX connection_key ON connection (key_id)",
    """
    CREATE TABLE room (
        number INTEGER PRIMARY KEY,
        connection TEXT,
        fence INTEGER,
        holder TEXT,
        key_id INTEGER,
        aside BLOB
    )""",
    "CREATE UNIQUE INDEX room_connection ON room (connection, fence)",
    """
    CREATE TABLE allowance (
        mark BLOB PRIMARY KEY,
        charged_until_ms INTEGER NOT NULL
    ) WITHOUT ROWID""",
)

STEPS: Final = (_FIRST,)
"""Each step's statements; a file's ``user_version`` is how many it has behind it."""


def version_of(connection: sqlite3.Connection) -> int:
    """How far the file has come; 0 for a new one. Raises ``StoreError`` if it is of a later release."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(STEPS):
        raise StoreError(
            f"the store has the form {version}, made by a later release; this one knows {len(STEPS)}"
        )
    return version


def upgrade(connection: sqlite3.Connection) -> None:
    """Takes the steps that the file has not taken. The caller has a transaction open."""
    for step in STEPS[version_of(connection) :]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(STEPS)}")
