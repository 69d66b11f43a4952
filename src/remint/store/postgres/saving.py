"""A database on a server saved and put back by PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from psycopg.conninfo import make_conninfo

from remint.errors import ConfigurationError, Conflict, StoreUnavailable
from remint.store.postgres import migration
from remint.store.postgres.address import Address
from remint.store.postgres.connection import Connection

_PASSWORD: Final = "PGPASSWORD"


def save(address: Address, to: Path) -> None:
    """Has ``pg_dump`` write the schema that our tables are in, as it is at one moment, to a new file.

    Raises ``ConfigurationError`` where there is no such program, ``StoreUnavailable`` where it fails.
    """
    with migration.connected(address) as connection:
        schema = _schema(connection)
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--schema={schema}")
    _run(address, "pg_dump", *options, f"--file={to}", _target(address))


def put_back(address: Address, saved: Path) -> None:
    """Has ``pg_restore`` fill a database that holds none of our tables, all or nothing.

    Raises ``Conflict`` where it does, else as ``save``.
    """
    if migration.revision(address) is not None:
        raise Conflict(
            f"{address}: there is a database of Remint here; name one that is empty (createdb), and keep"
            " this one until you have seen that the backup is good"
        )
    listed = _run(address, "pg_restore", "--list", str(saved))
    # The schema is there in every database, and cannot be made again.
    wanted = [line for line in listed.splitlines() if " SCHEMA " not in line]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as order:
        order.write("\n".join(wanted) + "\n")
        order.flush()
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _run(
            address,
            "pg_restore",
            *options,
            f"--use-list={order.name}",
            _target(address),
            str(saved),
        )


def _schema(connection: Connection) -> str:
    row = connection.execute("SELECT current_schema()").fetchone()
    return str(row[0]) if row and row[0] else "public"


def _target(address: Address) -> str:
    """Where the database is, without the password: everybody can read what a program is called with."""
    return f"--dbname={make_conninfo('', **address.parameters)}"


def _run(address: Address, program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise ConfigurationError(
            f"{program} is not found",
            key="PATH",
            expected="PostgreSQL's client programs, of the server's release or a newer one",
        )
    password = address.password.reveal()
    environ = {**os.environ, **({_PASSWORD: password} if password else {})}
    done = subprocess.run(
        [path, *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        words = " ".join(address.masked(done.stderr).split())[-500:]
        raise StoreUnavailable(f"{address}: {program} failed: {words}")
    return done.stdout
