"""What can be told of a SQLite database: where, how large, whole or not, and who is at it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from typing import Any, Final

from remint.errors import StoreUnavailable
from remint.store import migrate
from remint.store.condition import Condition
from remint.store.files import StoreFiles

_LONG_LOG_BYTES: Final = 256 << 20
_FREE_SHARE: Final = 0.5


def is_in_use(files: StoreFiles) -> bool:
    """Whether another process has the database open. Call it while this one has not.

    Only who is alone with a database may end its log; it has one again right after.
    """
    with contextlib.closing(sqlite3.connect(files.database, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return True
            raise StoreUnavailable(f"the database does not answer: {error}") from None
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    return False


def condition_of(files: StoreFiles) -> Condition:
    """Reads every page. Raises ``StoreUnavailable``."""
    try:
        uri = f"file:{files.database}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            return _condition(connection, files)
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from None


def _condition(connection: sqlite3.Connection, files: StoreFiles) -> Condition:
    def one(statement: str) -> Any:
        row = connection.execute(statement).fetchone()
        return None if row is None else row[0]

    log = files.database.with_name(f"{files.database.name}-wal")
    pages, free = int(one("PRAGMA page_count")), int(one("PRAGMA freelist_count"))
    whole = one("PRAGMA quick_check(1)")
    told = Condition(
        {
            "engine": f"SQLite {sqlite3.sqlite_version}",
            "database": str(files.database),
            "revision": one("SELECT version_num FROM alembic_version"),
            "newest revision": migrate.HEAD,
            "installation": one("SELECT value FROM meta WHERE key = 'installation_id'"),
            "closed": one("SELECT value FROM meta WHERE key = 'closed'"),
            "grants": one("SELECT count(*) FROM grants"),
            "bytes": files.database.stat().st_size,
            "bytes of the log": log.stat().st_size if log.exists() else 0,
            "bytes free on the disk": shutil.disk_usage(files.directory).free,
            "share of free pages": round(free / pages, 2) if pages else 0,
            "whole": whole == "ok",
        }
    )
    told.advice = _advice(told.facts, whole)
    return told


def _advice(facts: dict[str, Any], whole: str) -> list[str]:
    advice = []
    if not facts["whole"]:
        advice.append(f"The file is damaged ({whole}): put a backup back.")
    if facts["revision"] != facts["newest revision"]:
        advice.append("The schema is older than this release: `remint database migrate`.")
    if facts["bytes of the log"] > _LONG_LOG_BYTES:
        advice.append("The log is long: something reads for a long time, or a process hangs.")
    if facts["bytes free on the disk"] < max(1 << 30, facts["bytes"] // 2):
        advice.append("The disk is nearly full: make room before renewals are turned away.")
    if facts["share of free pages"] > _FREE_SHARE and facts["bytes"] > _LONG_LOG_BYTES:
        advice.append("More than half of the file is free: stop the server, and VACUUM it.")
    return advice
