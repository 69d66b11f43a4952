"""node-oidc-provider on Redis with `appendfsync always`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.peers.peer import GRANTS, HOME, Peer
from bench.process import free_port, running

_SOURCE = Path(__file__).parent / "node_server" / "server.js"
_FOLDER = HOME / "node"


def _missing() -> str:
    for program in ("node", "redis-server"):
        if shutil.which(program) is None:
            return program
    return "" if (_FOLDER / "node_modules" / "oidc-provider").exists() else "oidc-provider"


@contextmanager
def _start(folder: Path, processes: int) -> Iterator[tuple[int, list[str]]]:
    redis_port, port = free_port(), free_port()
    data = folder / "redis"
    data.mkdir()
    redis = f"redis-server --port {redis_port} --bind 127.0.0.1 --dir {data} --appendonly yes"
    # Node looks for packages beside the file it runs.
    program = shutil.copy(_SOURCE, _FOLDER)
    environment = {
        "NODE_ENV": "production",
        "PORT": str(port),
        "REDIS_PORT": str(redis_port),
        "PROCESSES": str(processes),
        "GRANTS": str(GRANTS),
        "TOKENS": str(folder / "tokens"),
    }
    with (
        running(
            [*redis.split(), "--appendfsync", "always", "--save", ""],
            redis_port,
            log=folder / "redis.log",
        ),
        running(["node", str(program)], port, log=folder / "node.log", env=environment),
    ):
        yield port, (folder / "tokens").read_text().split()


PEER = Peer("node-oidc-provider, Redis", least=2.5, aim=4, missing=_missing, start=_start)
