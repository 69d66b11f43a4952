"""What a peer is to the bench: something that can be started in one of several ways."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.load.burst import Load, Shape

# Where bench/peers/install.sh puts what the peers need.
HOME = Path(__file__).parents[2] / ".cache" / "bench" / "peers"
GRANTS = 64

# Both peers' seeds know this client, and nobody else does.
SHAPE = Shape(
    "POST",
    "/token",
    {"Content-Type": "application/x-www-form-urlencoded"},
    "grant_type=refresh_token&client_id=bench"
    "&client_secret=bench-secret-0123456789abcdef0123456789abcdef&refresh_token={{token}}",
    next_token='"refresh_token":"',
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer: its name, the least and the aimed-at ratio of our rotations to its, how to start it.

    `missing` names what has to be installed first, or is empty. `start(folder, processes)` brings
    up server and storage, and gives its port and its first tokens.
    """

    name: str
    least: float
    aim: float
    missing: Callable[[], str]
    start: Callable[[Path, int], AbstractContextManager[tuple[int, list[str]]]]


@contextmanager
def serving(peer: Peer, processes: int, connections: int) -> Iterator[Load]:
    """A load on the peer, in folders that are gone afterwards."""
    with (
        TemporaryDirectory(prefix="remint-bench-", ignore_cleanup_errors=True) as folder,
        peer.start(Path(folder), processes) as (port, tokens),
    ):
        yield Load(port, SHAPE, Path(folder) / "load", tokens, connections)
