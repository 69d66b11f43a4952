"""The keeper's section: tokens at hand beside other clients', large stores, the scheduler, and imports."""

from pathlib import Path

from bench import keeperimport, keeperscheduler, keeperstore, keeperwarm
from bench.plan import Plan
from bench.report import Report


def measure(plan: Plan, report: Report, folder: Path, *, peers: bool) -> None:
    """Adds everything that is measured of the keeper. `folder` is on a disk."""
    keeperwarm.measure(plan.warm_rounds, report.section("keeper: a token at hand"), peers=peers)
    keeperimport.measure(plan.import_rounds, report.section("keeper: imports"))
    keeperstore.measure(
        plan.stores, plan.commits, report.section("keeper: one store in SQLite"), folder
    )
    keeperscheduler.measure(
        plan.scheduled, plan.due, report.section("keeper: the scheduler"), folder
    )
