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

DIRECTORY_VARIABLE: Final = "REMINT_KEEPER_DIR"
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

    ``None`` is ``REMINT_KEEPER_DIR``, or else this user's data directory. ``key`` is the root key or the name
    of where it is kept; see ``KeySource``. Raises ``ConfigurationError``, and what the store raises.
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
    named = environ.get(DIRECTORY_VARIABLE, "").strip()
    if named:
        return named
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "remint"
    data = Path(environ.get("XDG_DATA_HOME", ""))
    # The XDG specification has relative paths ignored.
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "remint"


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
