"""Opening a store by where it is."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from remint.clock import Clock, Entropy, SystemClock, system_entropy
from remint.errors import ConfigurationError
from remint.keeper.store.keysource import AskedKey
from remint.keeper.store.protocols import ConnectionStore

STORE_VARIABLE: Final = "REMINT_KEEPER_STORE"
DIALECTS_VARIABLE: Final = "REMINT_KEEPER_DIALECTS"
MEMORY: Final = "memory:"
_POSTGRESQL: Final = ("postgresql://", "postgres://")


def open_store(
    where: str | Path | None = None,
    *,
    key: AskedKey = None,
    clock: Clock | None = None,
    entropy: Entropy = system_entropy,
) -> ConnectionStore:
    """The store at ``where``: a directory, ``memory:``, or the address of a PostgreSQL database.

    ``None`` is what ``REMINT_KEEPER_STORE`` says, or else this user's data directory. ``key`` is the root key
    or the name of where it is kept; see ``KeySource``. Raises ``ConfigurationError`` and what a store raises.
    """
    clock = clock or SystemClock()
    if where is None:
        where = default_place(os.environ)
    if where == MEMORY:
        from remint.keeper.store.memory import MemoryStore

        return MemoryStore(clock)
    if isinstance(where, str) and where.startswith(_POSTGRESQL):
        return _postgres(where, key, clock, entropy)
    if isinstance(where, str) and "://" in where:
        raise ConfigurationError(
            "there is no such kind of store",
            key="store",
            expected=f"a directory, {MEMORY} or postgresql://…",
        )
    from remint.keeper.store.sqlite import SQLiteStore

    return SQLiteStore(Path(where).expanduser(), key=key, clock=clock, entropy=entropy)


def default_place(environ: Mapping[str, str]) -> str | Path:
    """Where the store is when nobody says."""
    named = environ.get(STORE_VARIABLE, "").strip()
    return named or data_directory(environ)


def data_directory(environ: Mapping[str, str]) -> Path:
    """Where this user's programs keep what they make."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "remint"
    data = Path(environ.get("XDG_DATA_HOME", ""))
    # The XDG specification has relative paths ignored.
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "remint"


def dialect_folders(where: str | Path | None, environ: Mapping[str, str]) -> list[Path]:
    """Where dialect files are looked for: what ``REMINT_KEEPER_DIALECTS`` names, then beside the store."""
    named = environ.get(DIALECTS_VARIABLE, "").split(os.pathsep)
    place = default_place(environ) if where is None else where
    is_address = isinstance(place, str) and (place == MEMORY or "://" in place)
    beside = data_directory(environ) if is_address else Path(place).expanduser()
    return [*(Path(each).expanduser() for each in named if each.strip()), beside / "dialects"]


def _postgres(where: str, key: AskedKey, clock: Clock, entropy: Entropy) -> ConnectionStore:
    try:
        module: Any = importlib.import_module("remint.keeper.store.postgres")
    except ImportError:
        raise ConfigurationError(
            "a store in PostgreSQL needs psycopg",
            key="store",
            expected="pip install 'remint[postgres]'",
        ) from None
    store: ConnectionStore = module.PostgresStore(where, key=key, clock=clock, entropy=entropy)
    return store
