"""`python -m bench.model`: what more grants would take, computed from what a renewal was measured to cost.

It is arithmetic, not a measurement: `docs/scaling.md` has the table, and says what it assumes.
"""

import math
from dataclasses import dataclass

_PAGE = 8192
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one renewal, in microseconds of a core and in bytes; of one grant, in bytes. Measured.

    A batch takes `batch_us` of the database's processors and `batch_log_bytes` of its log, and each renewal
    in it the rest.
    """

    issuer_us: float = 300
    batch_us: float = 850
    row_us: float = 26
    batch_log_bytes: float = 10
    row_log_bytes: float = 165
    row_bytes: float = 273
    index_bytes: float = 60


@dataclass(frozen=True, slots=True)
class Assumed:
    """How clients behave, and how a server is set up."""

    access_lifetime_seconds: float = 3600
    peak_over_mean: float = 3
    #: A core that has no more to do answers quickly.
    busy: float = 0.6
    #: Until the next one of the same process. A server that is busier makes it longer, and batches larger.
    batch_seconds: float = 0.005
    checkpoint_seconds: float = 15 * _MINUTE
    #: Of a page, what a full image of it takes in the log.
    page_share: float = 0.85
    cores_per_server: int = 32
    #: Of a disk that takes 100 microseconds to make a write durable, several at a time.
    commits_per_server: float = 10_000


@dataclass(frozen=True, slots=True)
class Needed:
    """What so many live grants take."""

    grants: int
    mean_per_second: float
    peak_per_second: float
    issuer_cores: float
    batch: float
    database_cores: float
    commits_per_second: float
    log_bytes_per_second: float
    stored_bytes: float
    servers: int


def needed(grants: int, costs: Costs, assumed: Assumed) -> Needed:
    """Each grant is renewed once in the lifetime of an access token."""
    mean = grants / assumed.access_lifetime_seconds
    peak = mean * assumed.peak_over_mean
    issuer_cores = peak * costs.issuer_us / 1e6 / assumed.busy
    # A process a core; what arrives at one while a batch is under way is the next.
    batch = max(1.0, peak / math.ceil(issuer_cores) * assumed.batch_seconds)
    database_us = costs.row_us + costs.batch_us / batch
    database_cores = peak * database_us / 1e6 / assumed.busy
    commits = peak / batch
    servers = max(database_cores / assumed.cores_per_server, commits / assumed.commits_per_server)
    return Needed(
        grants,
        mean,
        peak,
        issuer_cores,
        batch,
        database_cores,
        commits,
        mean
        * (
            costs.row_log_bytes
            + costs.batch_log_bytes / batch
            + _images(grants, mean, costs, assumed)
        ),
        grants * (costs.row_bytes + costs.index_bytes),
        math.ceil(servers),
    )


def _images(grants: int, mean: float, costs: Costs, assumed: Assumed) -> float:
    """Bytes a renewal of full page images: the first change of a page after a checkpoint logs all of it."""
    pages = grants * costs.row_bytes / _PAGE
    renewals = mean * assumed.checkpoint_seconds
    touched = pages * (1 - math.exp(-renewals / pages))
    return touched / renewals * _PAGE * assumed.page_share


def main() -> None:
    """Prints the table."""
    print(
        "| live grants | renewals a second, mean / peak | issuer cores | renewals a batch |"
        " database cores | commits a second |"
        " log, mean | table and indexes | servers |"
    )
    print("| --- " * 9 + "|")
    for grants in (1_000_000, 10_000_000, 100_000_000, 1_000_000_000):
        each = needed(grants, Costs(), Assumed())
        print(
            f"| {each.grants:,} | {each.mean_per_second:,.0f} / {each.peak_per_second:,.0f} |"
            f" {each.issuer_cores:,.1f} | {each.batch:,.1f} |"
            f" {each.database_cores:,.1f} | {each.commits_per_second:,.0f} |"
            f" {each.log_bytes_per_second / 1e6:,.1f} MB/s | {each.stored_bytes / 1e9:,.1f} GB |"
            f" {each.servers} |"
        )


if __name__ == "__main__":
    main()
