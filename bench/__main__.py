"""`python -m bench`: prints Remint's figures beside the floor and its peers."""

import argparse
import json
import os
import platform
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import floor
from bench.load.burst import Load
from bench.peers import contest
from bench.plan import QUICK, Plan
from bench.process import free_port, running
from bench.report import Report
from bench.series import interleave

SECTIONS = ("floor", "peers")


def main() -> int:
    """Runs what was asked for. Exits 0 also when a figure falls short: the table says so."""
    options = _options()
    plan = QUICK if options.quick else Plan()
    if options.grants:
        plan = replace(plan, grants=options.grants)
    report = Report(
        {
            "machine": f"{os.cpu_count()} cores",
            "python": platform.python_version(),
            "connections": plan.connections,
            "bursts": f"{plan.rounds} x {plan.seconds:g} s, taken in turn; medians",
        }
    )
    with TemporaryDirectory(prefix="remint-bench-", ignore_cleanup_errors=True) as folder:
        if "floor" in options.only:
            _floors(plan, report, Path(folder))
        if "peers" in options.only:
            contest.measure(plan, report.section("peers, durable rotations"), None)
    print(report.text())
    if options.json:
        Path(options.json).write_text(json.dumps(report.as_json(), indent=1) + "\n")
    return 0


def _floors(plan: Plan, report: Report, folder: Path) -> None:
    with ExitStack() as stack:
        loads: dict[str, Load] = {}
        for name in plan.servers:
            port = free_port()
            log = folder / f"echo-{name}.log"
            stack.enter_context(running(floor.command(name, port), port, log=log))
            loads[name] = floor.load(port, folder / f"echo-{name}", plan.connections)
        series = interleave(loads, plan.rounds, plan.seconds)
    section = report.section("echo floor")
    for name in plan.servers:
        section.load(name, series[name])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer grants, shorter bursts")
    parser.add_argument("--grants", type=int, help="how many grants to seed")
    parser.add_argument("--json", metavar="FILE", help="also write everything to FILE")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
