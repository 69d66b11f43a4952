"""Connections in a directory: a SQLite database, and what lies beside it."""

from remint.keeper.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
