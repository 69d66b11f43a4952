"""Migrations: they end at exactly the schema that the code has, and never at a guess."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, create_mock_engine
from sqlalchemy.dialects import postgresql

import remint.store.migrate
from remint.errors import StoreUnavailable
from remint.store.files import StoreFiles
from remint.store.migrate import HEAD
from remint.store.schema import metadata
from remint.store.sqlite.connection import PAGE_BYTES
from remint.store.sqlite.migration import revision, upgrade

MIGRATIONS = Path(remint.store.migrate.__file__).with_name("migrations")


@pytest.fixture
def files(tmp_path) -> StoreFiles:
    """A data directory that is not there yet."""
    return StoreFiles(tmp_path / "data")


def described(path: Path) -> set[str]:
    """What the database says of its tables and indexes, in one spelling, in no order."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
            # The engine's own table stays, though nothing may be numbered any more.
            " AND tbl_name NOT IN ('alembic_version', 'sqlite_sequence')"
        ).fetchall()
    # SQLAlchemy does not promise an order of constraints, so the last bracket may close any line.
    return {",".join(sorted(line.strip(" \t\n)") for line in sql.split(","))) for (sql,) in rows}


def test_the_newest_revision_is_head():
    """``HEAD`` is what a quick start goes by."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    newest = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert newest.startswith(HEAD)


def test_migrating_gives_exactly_the_schema(files, tmp_path):
    """Every table, column, default, constraint and index, by name."""
    upgrade(files)
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert described(files.database) == described(tmp_path / "plain.db")
    migrated = create_engine(f"sqlite:///{files.database}")
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrated.dispose()


def test_no_migration_looks_at_the_schema_of_today():
    """A revision that has gone out means the same for ever."""
    for path in (MIGRATIONS / "versions").glob("[0-9]*.py"):
        assert "remint.store.schema" not in path.read_text("utf-8"), path.name


def test_a_database_can_be_migrated_down(files):
    """And up again."""
    upgrade(files)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = create_engine(f"sqlite:///{files.database}")
    command.downgrade(config, "base")
    assert described(files.database) == set()
    upgrade(files)
    assert revision(files) == HEAD


def test_an_upgrade_of_the_newest_does_nothing(files):
    """Not a byte is written."""
    assert revision(files) is None
    upgrade(files)
    before = files.database.read_bytes()
    upgrade(files)
    assert files.database.read_bytes() == before
    assert revision(files) == HEAD


def test_the_file_is_set_up_for_good(files):
    """Page size and write-ahead log are properties of the file, so the migration must set them."""
    upgrade(files)
    with contextlib.closing(sqlite3.connect(files.database)) as connection:
        assert connection.execute("PRAGMA page_size").fetchone() == (PAGE_BYTES,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_database_of_a_newer_release_is_left_alone(files):
    """The error says what to do, and nothing is changed."""
    upgrade(files)
    with contextlib.closing(sqlite3.connect(files.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=r"revision 9999.*written by a newer one"):
        upgrade(files)
    assert revision(files) == "9999"


def test_the_schema_is_one_that_postgresql_takes_too():
    """It compiles for that engine: narrow keys are wide there."""
    told: list[str] = []
    engine = create_mock_engine(
        "postgresql+psycopg://",
        lambda sql, *_: told.append(str(sql.compile(dialect=postgresql.dialect()))),
    )
    metadata.create_all(engine, checkfirst=False)
    assert "id BIGSERIAL NOT NULL" in "".join(told)
    assert "WHERE imported = 1" in "".join(told)
