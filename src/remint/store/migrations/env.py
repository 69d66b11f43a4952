"""Alembic's entry: runs the migrations on the database that ``store.migrate`` names."""

from __future__ import annotations

import sqlite3

from alembic import context
from sqlalchemy import create_engine, event

from remint.store.schema import metadata
from remint.store.sqlite.files import StoreFiles, prepare


def _connected(connection: sqlite3.Connection, _record: object) -> None:
    prepare(connection, cache_kib=2_000, checkpoint_pages=1_000)


files: StoreFiles = context.config.attributes["files"]
engine = create_engine(f"sqlite+pysqlite:///{files.database}")
event.listen(engine, "connect", _connected)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
