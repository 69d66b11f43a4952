"""How many processes: rotations of one, two and four of them on one database, beside the echo floor."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import floor
from bench.issuer import command
from bench.load.burst import Load
from bench.plan import Plan
from bench.process import free_port, running
from bench.report import Section, Wanted
from bench.series import interleave

_PROCESSES = (1, 2, 4)


class Workers:
    """An issuer on `data`, with `environ` beside, and a load of rotations that goes on from run to run."""

    def __init__(
        self, plan: Plan, folder: Path, data: Path, load: Load, environ: Mapping[str, str]
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._data = data
        self._environ = environ
        self.load = load

    def rates(
        self,
        section: Section,
        wanted: Wanted | None,
        costs: Callable[[Section], None] = lambda _section: None,
    ) -> None:
        """Adds rotations a second by number of processes; `costs` adds what else each of them showed.

        What is `wanted` of one process is not of more: on few cores they have the load beside them.
        """
        for processes in _PROCESSES:
            port = free_port()
            log = self._folder / "echo-workers.log"
            with (
                running(floor.command("uvicorn", port), port, log=log),
                self.serving(processes),
            ):
                ground = floor.load(port, self._folder / "echo-workers", self._plan.connections)
                for load in (ground, self.load):
                    load.burst(self._plan.settle_seconds / 2, 0.1)
                series = interleave(
                    {"floor": ground, "ours": self.load},
                    self._plan.rounds,
                    self._plan.seconds,
                    self._plan.warmup_seconds,
                )
                section.load(f"echo floor beside {processes}", series["floor"])
                name = f"oauth2, rotate, {processes} process{'es' if processes > 1 else ''}"
                ratio = wanted if processes == 1 else None
                section.load(name, series["ours"], series["floor"], ratio=ratio)
                costs(section)

    @contextmanager
    def serving(self, processes: int) -> Iterator[None]:
        """The issuer in so many processes, with the load turned to it."""
        port = free_port()
        with running(
            command("uvicorn", port, self._data, processes),
            port,
            log=self._folder / "issuer-workers.log",
            env=dict(self._environ),
            stdout=subprocess.DEVNULL,
        ) as issuer:
            self.load.port, self.load.meter = port, issuer.cpu_seconds
            yield
