"""What the console and the admin API ask of a database with a million grants in it."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.consolepages import measure_pages
from bench.grantfill import Filled, fill, index_bytes
from bench.report import Section, Wanted
from bench.seed import bytes_on_disk, opened
from remint.issuer.grants.grants import (
    count_up_to,
    cursor_after,
    find_grant,
    revoke_app,
    revoke_subject,
    revoke_workspace,
    search_in,
)
from remint.issuer.installation import Installation
from remint.issuer.upkeep.activity import overview
from remint.issuer.upkeep.audit import Search, search
from remint.store.activity import Counts, Step, app_series
from remint.store.protocols import AuditEvent

_PAGE = 50
_TIMES = 15
_QUICK = Wanted(20, most=True, unit=" ms")
_DAY = 86_400
_EVENTS_AT_ONCE = 10_000


def measure(grants: int, section: Section, folder: Path) -> None:
    """Fills a data directory in `folder`, and adds what lists, searches and revocations take."""
    data = folder / "console"
    with opened(data) as installation:
        installation.keys.mint_key(installation.clock.now_ms())
    before = bytes_on_disk(data)
    begun = time.perf_counter()
    with opened(data) as installation:
        filled = fill(installation, grants)
    took = time.perf_counter() - begun
    size = (bytes_on_disk(data) - before) / grants
    section.figure(f"filling in {grants:,} grants", took, f"{took:.0f} s")
    section.figure("bytes a grant, filled in order", size, f"{size:.0f}")
    index = index_bytes(data, "grants_app_id") / grants
    section.figure("  of them the index by app and age", index, f"{index:.0f}")
    with opened(data) as installation:
        _lists(installation, filled, section)
        _records(installation, filled, grants, section)
        measure_pages(installation, filled, section)
    with opened(data) as installation:
        _revocations(installation, filled, section)


def _lists(installation: Installation, filled: Filled, section: Section) -> None:
    workspace, large = filled.workspace, filled.large
    page = search_in(installation, workspace, limit=_PAGE)
    deep = page
    for _ in range(20):
        deep = search_in(installation, workspace, cursor=cursor_after(deep.grants[-1]), limit=_PAGE)
    beyond = cursor_after(deep.grants[-1])
    grant_id = deep.grants[0].grant.id.hex()
    for name, work in {
        "newest 50 of the workspace, of fifty apps": lambda: search_in(installation, workspace),
        "  fifty, twenty pages further": lambda: search_in(installation, workspace, cursor=beyond),
        "newest 50 of its largest app": lambda: search_in(installation, workspace, app=large),
        "a subject in the workspace": lambda: search_in(
            installation, workspace, subject=filled.subject
        ),
        "one grant by its id": lambda: find_grant(installation, grant_id),
        "counting up to a thousand": lambda: count_up_to(installation, large, 1000),
    }.items():
        _add(section, name, work)


def _records(installation: Installation, filled: Filled, count: int, section: Section) -> None:
    now_ms = installation.clock.now_ms()
    workspace_id = filled.workspace.id
    for start in range(0, count, _EVENTS_AT_ONCE):
        installation.trail.record(
            [
                _event(number, count, now_ms, filled)
                for number in range(start, start + _EVENTS_AT_ONCE)
            ]
        )
    section.note(f"  with {count:,} audit events:")
    week_ms = 7 * _DAY * 1000
    for name, query in {
        "newest 50 events": Search(workspace_id),
        "newest 50 alarms": Search(workspace_id, event="reuse_detected"),
        "50 of one person": Search(workspace_id, actor="ada@example.com"),
        "50 from before a week ago": Search(workspace_id, until_ms=now_ms - week_ms),
    }.items():
        _add(section, name, partial(search, installation, query, limit=_PAGE))
    now_s = now_ms // 1000
    for span, days in ((300, 1), (3600, 30)):
        steps = range(now_s // span * span - days * _DAY, now_s, span)
        outcomes = dict.fromkeys(("advanced", "retried", "forged", "expired"), 1000)
        series = app_series(filled.large.id)
        for start in range(0, len(steps), 500):
            some = steps[start : start + 500]
            installation.activity.add(
                {Step(series, span, at): Counts(outcomes, [9] * 9) for at in some}
            )
        look = partial(
            overview,
            installation,
            series=series,
            span_seconds=span,
            since=now_s - days * _DAY,
            until=now_s,
        )
        name = f"activity: {days} days in steps of {span} s"
        _add(section, name, look, Wanted(5, most=True, unit=" ms"))


def _revocations(installation: Installation, filled: Filled, section: Section) -> None:
    for name, work in {
        f"revoking all of the app with {int(filled.count * 0.9):,} grants": lambda: revoke_app(
            installation, filled.large
        ),
        "revoking all of the workspace": lambda: revoke_workspace(installation, filled.workspace),
        "revoking all of a subject": lambda: revoke_subject(
            installation, filled.workspace, filled.subject
        ),
    }.items():
        _add(section, name, work)
    (held,) = search_in(installation, filled.workspace, subject=filled.subject).grants
    assert held.grant.current_epoch > held.grant.epoch


def _event(number: int, count: int, now_ms: int, filled: Filled) -> AuditEvent:
    alarm, person = number % 500 == 0, number % 200 == 0
    name = "reuse_detected" if alarm else "app_changed" if person else "grant_issued"
    return AuditEvent(
        now_ms - (count - number) * 1000,
        name,
        app_id=filled.large.id,
        grant_id=number.to_bytes(16, "big"),
        actor="ada@example.com" if person and not alarm else "",
        workspace_id=filled.workspace.id,
    )


def _add(
    section: Section, name: str, work: Callable[[], object], wanted: Wanted | None = _QUICK
) -> None:
    """What it takes by the clock and of the processor; judged by the latter, which others do not lengthen."""
    work()
    taken, spent = [], []
    for _ in range(_TIMES):
        begun, used = time.perf_counter(), time.thread_time()
        work()
        spent.append((time.thread_time() - used) * 1000)
        taken.append((time.perf_counter() - begun) * 1000)
    middle, own = statistics.median(taken), statistics.median(spent)
    section.figure(name, own, f"{middle:.1f} ms, {own:.1f} ms of CPU", wanted)
