"""Failover in earnest: two PostgreSQL servers under Patroni and etcd, killed in turn, and a table.

``python -m scripts.drill --rounds 10`` needs Debian's ``patroni`` and ``etcd-server`` beside PostgreSQL. In
each round the primary's machine dies (``kill -9`` of Patroni and PostgreSQL), 32 clients go on renewing, and
the dead one is brought back as a standby. Nobody promotes anything by hand.

``--synchronous`` has Patroni hold a synchronous standby; ``--lag`` stops what the standby receives so many
seconds before each kill; ``--contrast authlib`` kills under Authlib's server instead (bench/peers).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from remint.issuer.grants.grants import revoke_grant
from remint.issuer.grants.issuing import Issued, issue
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from scripts import drillpeer
from scripts.drillcluster import Cluster, Node, cluster, wait
from tests.failover.firstgrants import Fate, FirstGrants
from tests.failover.test_failover import CLIENTS, error_of, make_client
from tests.promises.estate import Client
from tests.promises.honest import Company, company
from tests.servers import serving


@dataclass(frozen=True, slots=True)
class Round:
    """What one kill came to."""

    killed: str
    outage: float
    renewed: int
    rewound: int
    fate: Fate
    revoked: int


class Drill:
    """The issuer on a cluster, its clients and their grants."""

    def __init__(self, cluster: Cluster, rounds: int, lag: float) -> None:
        self.cluster, self.rounds, self.lag = cluster, rounds, lag
        data = Path(tempfile.mkdtemp(prefix="remint-issuer-", dir=cluster.folder)) / "data"
        url = f"postgresql://remint@{','.join(cluster.hosts)}/remint"
        self.settings = Settings(data_dir=data, database=url)
        self.client: Client
        self.revocable: list[Issued]

    def run(self) -> list[Round]:
        """Prints a line for each round. Raises if a client was logged out or a revocation undone."""
        self.cluster.begin("remint")
        with closing(Installation(self.settings, environ={})) as installation:
            self.client = make_client(installation)
            made = [
                issue(installation, self.client.app, f"user-{number}")
                for number in range(CLIENTS + self.rounds)
            ]
        self.revocable = made[CLIENTS:]
        tokens = [each.refresh_token.reveal() for each in made[:CLIENTS]]
        with (
            serving(self.settings, covered=False) as server,
            company(server.port, self.client, tokens) as at_work,
        ):
            print(
                "| round | killed | s until all had renewed | renewed since | rewound in all |",
                end="",
            )
            print(" first grants of the last second gone | revoked in all |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
            return [
                self._told(number, self._kill(number, server.port, at_work))
                for number in range(1, self.rounds + 1)
            ]

    def _kill(self, number: int, port: int, at_work: Company) -> Round:
        primary, standby = self.cluster.at_rest()
        _all_renew(at_work)
        with FirstGrants(self.settings, self.client) as grants:
            grants.begin()
            _hold_back(primary, self.lag)
            with closing(Installation(self.settings, environ={})) as installation:
                assert revoke_grant(installation, self.revocable[number - 1].held)
            renewed = _renewals(at_work)
            killed = time.monotonic()
            primary.kill()
            _all_renew(at_work)
            outage = time.monotonic() - killed
            renewed = _renewals(at_work) - renewed
            fate = grants.fate(port, killed)
        assert not (self.cluster.is_synchronous and fate.gone), "a first grant is gone"
        for revoked in self.revocable[:number]:
            assert error_of(port, self.client, revoked.refresh_token.reveal()) == "invalid_grant"
        ((rewound, revocations),) = standby.execute(
            "SELECT (SELECT count(*) FROM audit WHERE event = 'rewound'),"
            " (SELECT count(*) FROM grants WHERE revoked_at > 0)",
            "remint",
        )
        assert revocations == number, "a revocation was undone"
        primary.start()
        return Round(primary.name, outage, renewed, rewound, fate, revocations)

    def _told(self, number: int, done: Round) -> Round:
        print(
            f"| {number} | {done.killed} | {done.outage:.1f} | {done.renewed} | {done.rewound} |"
            f" {done.fate} | {done.revoked} |",
            flush=True,
        )
        return done


def main() -> int:
    """Prints the tables. Raises if a client of the issuer was logged out or a revocation undone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--synchronous", action="store_true")
    parser.add_argument("--lag", type=float, default=0.0, help="seconds; not with --synchronous")
    parser.add_argument("--contrast", choices=["authlib"])
    options = parser.parse_args()
    if options.synchronous and options.lag:
        parser.error("a standby that is waited for is not late")
    with cluster(is_synchronous=options.synchronous) as servers:
        if options.contrast:
            drillpeer.run(servers, options.rounds, options.lag)
        else:
            _sum_up(servers, Drill(servers, options.rounds, options.lag).run())
    return 0


def _sum_up(cluster: Cluster, rounds: list[Round]) -> None:
    outages = [each.outage for each in rounds]
    gone, late = sum(each.fate.gone for each in rounds), sum(each.fate.late for each in rounds)
    print()
    print("| replication | rounds | s until all had renewed: least, median, most |", end="")
    print(" logged out | forked successors | revocations undone | first grants gone |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {'synchronous' if cluster.is_synchronous else 'asynchronous'} | {len(rounds)} |"
        f" {min(outages):.1f}, {statistics.median(outages):.1f}, {max(outages):.1f} | 0 | 0 | 0 |"
        f" {gone} of {late} made in the last second |"
    )


def _hold_back(primary: Node, lag: float) -> None:
    if lag:
        primary.hold_back()
        time.sleep(lag)


def _renewals(at_work: Company) -> int:
    return sum(chain.renewals for chain in at_work.chains)


def _all_renew(at_work: Company) -> None:
    wanted = [(chain, chain.renewals + 1) for chain in at_work.chains]
    wait(lambda: all(chain.renewals >= count for chain, count in wanted))


if __name__ == "__main__":
    sys.exit(main())
