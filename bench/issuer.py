"""The issuer under load: every kind of renewal and of refusal, beside the echo of the same server."""

import contextlib
import random
import string
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import floor
from bench.load.burst import Load
from bench.plan import Plan
from bench.process import Server, free_port, running
from bench.report import Section, Wanted
from bench.seed import Seeded, bytes_on_disk
from bench.series import Series, interleave

_FLOOR = "echo floor"
_FORGED = "forged"
_ALPHABET = string.ascii_letters + string.digits + "-_"

_NAMES = {
    "rotate": "oauth2, rotate",
    "rotate, spread": "oauth2, rotate, {spread:,} grants in turn",
    "keep": "oauth2, keep",
    "eshopbox": "eshopbox, keep",
    "partner": "partner, rotate",
    "genlogs": "genlogs, rotate",
    _FORGED: "oauth2, forged tokens refused",
}
_RATIOS = {"rotate": Wanted(0.25, 0.35), _FORGED: Wanted(0.6)}
_P99 = {"rotate": Wanted(25, most=True, unit=" ms")}


@dataclass(slots=True)
class IssuerBench:
    """A seeded data directory and the loads on it, which go on from server to server."""

    plan: Plan
    folder: Path
    data: Path
    seeded: Seeded
    loads: dict[str, Load] = field(init=False)
    renewals: int = 0

    def __post_init__(self) -> None:
        shapes = {
            name: (client.shape, client.tokens) for name, client in self.seeded.clients.items()
        }
        shape, tokens = shapes["rotate"]
        # RFC 6749 §5.2: a refresh token that is not good is 400 invalid_grant.
        shapes[_FORGED] = (replace(shape, next_token=None, status=400), _forge(tokens, 1024))
        self.loads = {
            name: Load(0, shape, self.folder / f"load-{name}", tokens, self.plan.connections)
            for name, (shape, tokens) in shapes.items()
        }

    @contextlib.contextmanager
    def serving(self, server: str, workers: int = 1) -> Iterator[Server]:
        """The issuer under `server` in so many processes, with every load turned to it."""
        port = free_port()
        log = self.folder / f"issuer-{server}.log"
        serve = command(server, port, self.data, workers)
        with running(serve, port, log=log, stdout=subprocess.DEVNULL) as issuer:
            for load in self.loads.values():
                load.port, load.meter = port, issuer.cpu_seconds
            yield issuer

    def measure(self, server: str, section: Section) -> Series:
        """Adds what the issuer does under `server`; gives back its rotations."""
        port = free_port()
        with (
            running(
                floor.command(server, port), port, log=self.folder / f"echo-{server}.log"
            ) as echo,
            self.serving(server) as issuer,
        ):
            ground = floor.load(port, self.folder / f"echo-{server}", self.plan.connections)
            ground.meter = echo.cpu_seconds
            idle = issuer.memory()
            for load in (ground, *self.loads.values()):
                load.burst(self.plan.settle_seconds / 4, 0.1)
            series = interleave(
                {_FLOOR: ground, **self.loads},
                self.plan.rounds,
                self.plan.seconds,
                self.plan.warmup_seconds,
            )
            self.renewals += sum(series[name].requests for name in self.seeded.clients)
            self._report(section, series)
            self._count_disk(section, server, issuer)
            used = issuer.memory()
        section.figure(
            "resident, fresh / after the load / peak",
            used.resident / 1e6,
            f"{idle.resident / 1e6:.0f} / {used.resident / 1e6:.0f} / {used.peak / 1e6:.0f} MB",
            Wanted(150, most=True, unit=" MB"),
        )
        return series["rotate"]

    def growth(self, section: Section) -> None:
        """Adds what a grant takes on disk, after seeding and after everything. Nobody is serving."""
        section.figure(
            "bytes a grant, after seeding",
            self.seeded.bytes_per_grant,
            f"{self.seeded.bytes_per_grant:.0f}",
            Wanted(320, most=True),
        )
        grown = bytes_on_disk(self.data) - self.seeded.bytes_at_first
        section.figure(
            f"bytes more after {self.renewals:,} renewals, a grant",
            grown / self.seeded.grants,
            f"{grown / self.seeded.grants:.1f}",
        )

    def _report(self, section: Section, series: Mapping[str, Series]) -> None:
        ground = series[_FLOOR]
        section.load(_FLOOR, ground)
        spread = len(self.seeded.clients["rotate, spread"].tokens)
        for name, shown in _NAMES.items():
            section.load(
                shown.format(spread=spread),
                series[name],
                ground,
                ratio=_RATIOS.get(name),
                p99=_P99.get(name),
            )

    def _count_disk(self, section: Section, server: str, issuer: Server) -> None:
        """Adds what forged tokens make the issuer read and write.

        It reads and writes a little of itself (keys and clients looked at anew, ended grants
        purged): so the calls are counted beside those of the same time without load, and of the
        bytes the least of three bursts counts, as a forgery that touched the disk would in each.
        """
        # The log of earlier renewals may still be on its way home.
        time.sleep(1)
        calls = issuer.calls_beside_loop()
        time.sleep(self.plan.seconds)
        idle = issuer.calls_beside_loop() - calls
        bursts: list[int] = []
        moved: list[int] = []
        beside: list[float] = []
        for _ in range(3):
            started = time.monotonic()
            bytes_before, calls_before = sum(issuer.disk()), issuer.calls_beside_loop()
            bursts.append(self.loads[_FORGED].burst(self.plan.seconds, 0).requests)
            moved.append(sum(issuer.disk()) - bytes_before)
            spent = (time.monotonic() - started) / self.plan.seconds
            calls = issuer.calls_beside_loop() - calls_before
            beside.append(max(0.0, calls - idle * spent) / max(1, bursts[-1]))
        section.figure(
            f"bytes to or from disk for {min(bursts):,} forged tokens",
            min(moved),
            f"{min(moved)}",
            Wanted(0, most=True),
        )
        if server == "uvicorn":
            section.figure(
                # One look at the database would be several.
                "calls for storage, a forged token, beyond those of idling",
                min(beside),
                f"{min(beside):.4f}",
                Wanted(0.1, most=True),
            )


def command(server: str, port: int, data: Path, workers: int) -> list[str]:
    """`remint serve` in so many processes."""
    remint = Path(sys.executable).with_name("remint")
    options = f"serve --server {server} --port {port} --data-dir {data} --workers {workers}"
    return [str(remint), *options.split()]


def _forge(tokens: list[str], count: int) -> list[str]:
    """Tokens of our own form whose outer MAC is wrong."""
    draw = random.Random(0)
    return [
        tokens[number % len(tokens)][:-8] + "".join(draw.choices(_ALPHABET, k=8))
        for number in range(count)
    ]
