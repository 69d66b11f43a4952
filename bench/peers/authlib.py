"""Authlib's authorization server in Flask on PostgreSQL."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.peers import postgres
from bench.peers.peer import GRANTS, HOME, Peer
from bench.process import free_port, running

_SOURCE = Path(__file__).parent / "flask_server"
_BIN = HOME / "python" / "bin"


def _missing() -> str:
    if postgres.programs() is None:
        return "PostgreSQL"
    return "" if (_BIN / "granian").exists() else "Authlib"


@contextmanager
def serving(
    folder: Path, database: str, processes: int, grants: int
) -> Iterator[tuple[int, list[str]]]:
    """The server on a database that is empty yet (an address for SQLAlchemy): its port, its first tokens."""
    port = free_port()
    environment = {
        "DATABASE": database,
        "TOKENS": str(folder / "tokens"),
        "GRANTS": str(grants),
    }
    subprocess.run(
        [str(_BIN / "python"), "server.py"],
        cwd=_SOURCE,
        env=environment,
        check=True,
    )
    # Twice as fast here as gunicorn's threads; eight of them beat more.
    options = f"--interface wsgi --workers {processes} --blocking-threads 8 --port {port}"
    with running(
        [str(_BIN / "granian"), *options.split(), "--no-access-log", "server:app"],
        port,
        log=folder / "python.log",
        env=environment,
        cwd=_SOURCE,
    ):
        yield port, (folder / "tokens").read_text().split()


@contextmanager
def _start(folder: Path, processes: int) -> Iterator[tuple[int, list[str]]]:
    with postgres.cluster(folder) as socket:
        address = f"postgresql+psycopg://bench@/postgres?host={socket}"
        with serving(folder, address, processes, GRANTS) as served:
            yield served


PEER = Peer("Authlib, PostgreSQL", least=15, aim=25, missing=_missing, start=_start)
