"""Alembic's entry: runs the migrations on the database that ``store.migrate`` names."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

from remint.store.schema import metadata

engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
