"""Bursts taken in turn, and what can be said of them on a machine that is never quiet."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.load.burst import Burst, Load


@dataclass(slots=True)
class Series:
    """The bursts of one load, in the order of the rounds."""

    bursts: list[Burst] = field(default_factory=list)

    @property
    def rps(self) -> float:
        """The median of the bursts, in answers a second."""
        return statistics.median(burst.rps for burst in self.bursts)

    @property
    def p50_ms(self) -> float:
        return statistics.median(burst.p50_ms for burst in self.bursts)

    @property
    def p99_ms(self) -> float:
        return statistics.median(burst.p99_ms for burst in self.bursts)

    @property
    def cpu_us(self) -> float:
        """The server's processor time for an answer, in microseconds; 0 where it was not metered."""
        return statistics.median(burst.cpu_us for burst in self.bursts)

    @property
    def requests(self) -> int:
        return sum(burst.requests for burst in self.bursts)

    def ratio_to(self, floor: "Series") -> float:
        """The median of the rounds' own ratios: what slows a round slows both of its halves."""
        pairs = zip(self.bursts, floor.bursts, strict=True)
        return statistics.median(
            ours.rps / theirs.rps if theirs.rps else 0.0 for ours, theirs in pairs
        )

    @property
    def faults(self) -> dict[str, int]:
        """Everything but the expected answer, by name."""
        total: dict[str, int] = {}
        for burst in self.bursts:
            for name, count in burst.faults.items():
                total[name] = total.get(name, 0) + count
        return total

    @property
    def sample(self) -> str:
        """An answer that was not the expected one."""
        return next((burst.sample for burst in self.bursts if burst.sample), "")

    def as_json(self) -> dict:
        return {
            "rps": round(self.rps, 1),
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "cpu_us": round(self.cpu_us, 1),
            "bursts_rps": [burst.rps for burst in self.bursts],
            "faults": self.faults,
            "sample": self.sample,
            "generator_cpu_seconds": round(sum(b.generator_cpu_seconds for b in self.bursts), 2),
        }


def interleave(
    loads: Mapping[str, Load], rounds: int, seconds: float, warmup: float = 0.5
) -> dict[str, Series]:
    """Runs every load once a round, A B C A B C, so that noise falls on all alike."""
    series = {name: Series() for name in loads}
    for _ in range(rounds):
        for name, load in loads.items():
            series[name].bursts.append(load.burst(seconds, warmup))
    return series
