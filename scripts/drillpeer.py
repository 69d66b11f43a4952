"""The same kill under Authlib's authorization server: what becomes of its clients.

Authlib in Flask (bench/peers/flask_server) rotates refresh tokens: a renewal commits a new row, then, by a
second commit, revokes the old one. Two Granian processes with eight threads each; SQLAlchemy's pool; both
servers in the address, of which the one that takes writes is wanted. While the database is away it answers
503. The clients are the issuer's, with the same retries, but in its favour: none of their answers is lost on
purpose, and who is refused is counted, stays out for the round, and logs in again for the next.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Self, cast

from bench.peers import authlib
from scripts.drillcluster import Cluster, Node, wait
from tests.failover.test_failover import CLIENTS
from tests.promises.estate import Client
from tests.promises.honest import Chain, LoggedOutError
from tests.promises.line import post

_PATIENCE_SECONDS: Final = 120
_SETTLE_SECONDS: Final = 1.5
_PROCESSES: Final = 2
#: Good refresh tokens beyond one a user. A renewal was cut short between its commits: either its retry made
#: another successor, or the token that was renewed is still good beside its successor.
_FORKED: Final = (
    "SELECT count(*) - count(DISTINCT user_id) FROM tokens WHERE refresh_token_revoked_at = 0"
)


class PeerClient:
    """The client that the peer's seed knows; to a ``Chain`` what ``Client`` is."""

    def request(self, token: str) -> bytes:
        """The request that renews with ``token``."""
        request = post(
            "/token",
            b"grant_type=refresh_token&client_id=bench"
            b"&client_secret=bench-secret-0123456789abcdef0123456789abcdef&refresh_token="
            + token.encode(),
        )
        # Elsewhere Authlib insists on TLS.
        return request.replace(b"Host: test", b"Host: 127.0.0.1", 1)


@dataclass(slots=True)
class Visitor:
    """A chain, and what it was refused with, once it was."""

    chain: Chain
    refused: str = ""


class Visitors:
    """Clients that renew as fast as they can until the block ends, or they are logged out."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        client = cast("Client", PeerClient())
        self.all = [Visitor(Chain(port, client, token, random.Random(0))) for token in tokens]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(each,)) for each in self.all]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def all_renew(self) -> None:
        """Waits until every client has renewed once more, or is out."""
        wanted = [(each, each.chain.renewals + 1) for each in self.all]
        wait(lambda: all(each.refused or each.chain.renewals >= count for each, count in wanted))

    def refused(self) -> list[str]:
        """What those who are out were told."""
        return [each.refused for each in self.all if each.refused]

    def _run(self, visitor: Visitor) -> None:
        with closing(visitor.chain):
            while not self._over.is_set():
                try:
                    visitor.chain.renew(patience_seconds=_PATIENCE_SECONDS)
                except LoggedOutError as error:
                    visitor.refused = str(error)
                    return
                time.sleep(0.002)


def run(cluster: Cluster, rounds: int, lag: float) -> None:
    """Prints a line for each round, and what the refused were told."""
    missing = authlib.PEER.missing()
    if missing:
        raise RuntimeError(f"{missing} is not installed (bench/peers)")
    cluster.begin("peer")
    hosts = "&".join(f"host={host}" for host in cluster.hosts)
    address = f"postgresql+psycopg://remint@/peer?{hosts}&target_session_attrs=read-write"
    with authlib.serving(cluster.folder, address, _PROCESSES, CLIENTS * rounds) as (port, tokens):
        print(
            "| round | killed | s until all had renewed or were out | clients logged out |", end=""
        )
        print(" second good tokens in all |")
        print("| --- | --- | --- | --- | --- |")
        refusals: set[str] = set()
        for number, fresh in enumerate(_shares(tokens), 1):
            primary, standby = cluster.at_rest()
            with Visitors(port, fresh) as visitors:
                killed, outage = _kill(primary, visitors, lag)
            out = visitors.refused()
            refusals.update(each.partition(" after ")[0] for each in out)
            print(
                f"| {number} | {killed} | {outage:.1f} | {len(out)} of {CLIENTS} |"
                f" {_forked(standby)} |",
                flush=True,
            )
            primary.start()
        print("\nThe refused were told:", *sorted(refusals), sep="\n")


def _kill(primary: Node, visitors: Visitors, lag: float) -> tuple[str, float]:
    visitors.all_renew()
    time.sleep(_SETTLE_SECONDS)
    before = visitors.refused()
    if before:
        raise RuntimeError(f"logged out before anybody was killed: {before}")
    if lag:
        primary.hold_back()
        time.sleep(lag)
    killed = time.monotonic()
    primary.kill()
    visitors.all_renew()
    return primary.name, time.monotonic() - killed


def _shares(tokens: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(tokens), CLIENTS):
        yield tokens[begin : begin + CLIENTS]


def _forked(standby: Node) -> int:
    ((forked,),) = standby.execute(_FORKED, "peer")
    return int(forked)
