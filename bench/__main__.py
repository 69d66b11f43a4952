"""`python -m bench`: prints Remint's figures beside the floor and its peers."""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import codec, console, keeper, postgres
from bench.issuer import IssuerBench
from bench.peers import contest
from bench.plan import QUICK, Plan
from bench.report import Report, Wanted
from bench.seed import seed
from bench.workers import Workers

# On the project's own disk: /tmp may be memory, where an fsync costs nothing.
_CACHE = Path(__file__).parents[1] / ".cache" / "bench"


def main() -> int:
    """Runs what was asked for. Exits 0 also when a figure falls short: the table says so."""
    options = _options()
    plan = QUICK if options.quick else Plan()
    if options.grants:
        plan = replace(plan, grants=options.grants)
    report = Report(
        {
            "machine": f"{os.cpu_count()} cores",
            "load before": f"{os.getloadavg()[0]:.1f}",
            "python": platform.python_version(),
            "connections": plan.connections,
            "grants": f"{plan.grants:,}",
            "bursts": f"{plan.rounds} x {plan.seconds:g} s, taken in turn; medians",
        }
    )
    _CACHE.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with TemporaryDirectory(dir=_CACHE, ignore_cleanup_errors=True) as folder:
        if options.only in (None, "keeper"):
            _say("measuring the keeper")
            keeper.measure(plan, report, Path(folder), peers=not options.no_peers)
        if options.only in (None, "console"):
            _say(f"measuring the console over {plan.grants:,} grants")
            console.measure(plan.grants, report.section("the console"), Path(folder))
        if options.only in (None, "postgres"):
            _say("measuring on PostgreSQL")
            postgres.measure(plan, report, Path(folder), peers=not options.no_peers)
        if options.only in (None, "issuer"):
            _measure(plan, report, Path(folder), peers=not options.no_peers)
    print(report.text())
    for name in report.short():
        print(f"falls short: {name}")
    print(f"took {time.monotonic() - started:.0f} s")
    if options.json:
        Path(options.json).write_text(json.dumps(report.as_json(), indent=1) + "\n")
    return 0


def _measure(plan: Plan, report: Report, folder: Path, *, peers: bool) -> None:
    _say("measuring the codecs")
    _codecs(plan, report)
    _say(f"seeding {plan.grants:,} grants")
    data = folder / "data"
    bench = IssuerBench(plan, folder, data, seed(data, plan.grants))
    rotations = {}
    for server in plan.servers:
        _say(f"measuring under {server}")
        rotations[server] = bench.measure(server, report.section(f"under {server}"))
    bench.growth(report.section("on disk"))
    _say("measuring more processes")
    Workers(plan, folder, data, bench.loads["rotate"], {}).rates(
        report.section("on SQLite, by number of processes"), None
    )
    faster = max(rotations, key=lambda server: rotations[server].rps)
    report.section(f"the faster of the servers at rotations: {faster}")
    if peers:
        # A peer runs in as many processes as it does most in; so does the issuer.
        _say("measuring the peers beside the issuer in two processes")
        section = report.section("peers, in turn with the issuer under uvicorn in two processes")
        with bench.serving("uvicorn", workers=2):
            contest.measure(plan, section, bench.loads["rotate"])


def _codecs(plan: Plan, report: Report) -> None:
    section = report.section("dialects: compiled over by hand")
    for cost in codec.measure(plan.codec_rounds):
        shown = f"{cost.ours_us:.1f} us / {cost.by_hand_us:.1f} us = {cost.ratio:.2f}"
        name = f"{cost.dialect}, {cost.side}"
        section.figure(name, cost.ratio, shown, Wanted(1.5, most=True))


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer grants, shorter bursts")
    parser.add_argument("--grants", type=int, help="how many grants to seed")
    parser.add_argument("--json", metavar="FILE", help="also write everything to FILE")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parts = ("issuer", "keeper", "console", "postgres")
    parser.add_argument("--only", choices=parts, help="one of its parts")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
