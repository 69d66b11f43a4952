"""How long and how much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """The full run by default. A burst is short, because the machine's mood changes by the second."""

    grants: int = 1_000_000
    rounds: int = 5
    seconds: float = 2.0
    connections: int = 64
    servers: tuple[str, ...] = ("uvicorn", "granian")
    peer_settings: tuple[tuple[int, int], ...] = ((1, 32), (1, 64), (2, 32), (2, 64))
    peer_seconds: float = 3.0
    settle_seconds: float = 2.0
    warmup_seconds: float = 0.5
    codec_rounds: int = 15
    warm_rounds: int = 11
    import_rounds: int = 11
    stores: tuple[int, ...] = (1_000, 100_000)
    commits: int = 500
    scheduled: tuple[int, int] = (10_000, 1_000_000)
    due: int = 2_000
    postgres_grants: int = 100_000
    postgres_renewals: int = 10_000_000
    postgres_batches: int = 2_000


# What a change of code can be tried with.
QUICK = Plan(
    grants=20_000,
    rounds=2,
    seconds=0.7,
    peer_settings=((2, 64),),
    peer_seconds=1.5,
    settle_seconds=0.6,
    warmup_seconds=0.2,
    codec_rounds=5,
    warm_rounds=5,
    import_rounds=5,
    stores=(1_000, 20_000),
    commits=100,
    scheduled=(2_000, 50_000),
    due=500,
    postgres_grants=20_000,
    postgres_renewals=200_000,
    postgres_batches=500,
)
