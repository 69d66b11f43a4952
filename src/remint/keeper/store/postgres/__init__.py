"""Connections in a PostgreSQL database, shared by machines. Needs psycopg."""

from remint.keeper.store.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
