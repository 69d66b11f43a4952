"""A workspace at a glance: how many renewals, what they came to, how long they took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from remint.issuer.apps.apps import apps_in
from remint.issuer.console.charts import Axis, Chart, Layer, Tone, lines, stacked
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.pages.attention import concerns
from remint.issuer.console.visit import Visit
from remint.issuer.upkeep.activity import Bucket, Overview, overview
from remint.store.activity import workspace_series

_DAY: Final = 86_400
_RENEWED: Final = frozenset({"advanced", "kept", "issued", "rewound"})
_SERVED: Final = _RENEWED | {"retried"}
_FAILED: Final = frozenset({"unavailable", "overtaken", "fault", "too_slow", "gone"})
_OUTCOMES: Final[dict[str, Tone]] = {
    "renewed": 1,
    "retried": 2,
    "refused": 3,
    "reuse": 4,
    "failed": 5,
}


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of time to look at. All are seconds: how long, and the steps it is counted and drawn in."""

    label: str
    seconds: int
    span: int
    step: int


STRETCHES: Final[dict[str, Stretch]] = {
    "day": Stretch("24 hours", _DAY, 300, 1800),
    "week": Stretch("7 days", 7 * _DAY, 3600, 3 * 3600),
    "month": Stretch("30 days", 30 * _DAY, 3600, 12 * 3600),
}


#: Where only sums are told, longer steps give them sooner.
_SUMS: Final = Stretch("", _DAY, 3600, 3600)


def show(visit: Visit) -> Shown:
    """The overview of a workspace, over the stretch that is asked for."""
    asked = visit.query.get("span", "day")
    stretch = STRETCHES.get(asked, STRETCHES["day"])
    series = workspace_series(visit.here.id)
    seen = look(visit, series, stretch)
    today = seen if stretch is STRETCHES["day"] else look(visit, series, _SUMS)
    before = look(visit, series, _SUMS, back=_DAY)
    context = {
        "attention": concerns(visit),
        "is_quiet": not seen.totals.calls,
        "is_bare": not (seen.totals.calls or today.totals.calls or _has_apps(visit)),
        "today": _sum(today.totals, _SERVED),
        "trend": trend(_sum(today.totals, _SERVED), _sum(before.totals, _SERVED)),
        "answered": share(_sum(today.totals, _SERVED), today.totals.calls),
        "latency": _latency(today.totals),
        "spans": [
            (each.label, visit.url("overview", span=name), each is stretch)
            for name, each in STRETCHES.items()
        ],
        **charts_of(seen),
    }
    return Shown("pages/overview.html", context)


def look(visit: Visit, series: str, stretch: Stretch, *, back: int = 0) -> Overview:
    """The steps of a series up to the present one, or up to ``back`` seconds before it."""
    now_s = visit.now_ms // 1000 - back
    until = now_s - now_s % stretch.step + stretch.step
    return overview(
        visit.installation,
        series=series,
        span_seconds=stretch.span,
        since=until - stretch.seconds,
        until=until,
        together=stretch.step // stretch.span,
    )


def charts_of(seen: Overview) -> dict[str, Any]:
    """The charts of what was ``seen``, by what the template calls them."""
    buckets, axis = seen.buckets, _axis(seen)
    return {
        "outcomes": outcomes_of(seen),
        "latencies": lines(
            "latency-chart",
            "Latency in milliseconds",
            axis,
            [
                Layer("median", 1, [each.p50_ms for each in buckets]),
                Layer("99 of 100", 2, [each.p99_ms for each in buckets]),
            ],
        ),
        "signs": [
            _sign("Retries", 2, axis, (each.outcomes.get("retried", 0) for each in buckets)),
            _sign("Reuse", 4, axis, (each.outcomes.get("reuse_detected", 0) for each in buckets)),
            _sign("Rewinds", 5, axis, (each.outcomes.get("rewound", 0) for each in buckets)),
        ],
    }


def outcomes_of(seen: Overview) -> Chart:
    """The chart of what calls came to."""
    told = [_told(bucket) for bucket in seen.buckets]
    layers = [
        Layer(name, tone, [each[name] for each in told])
        for name, tone in _OUTCOMES.items()
        if name in ("renewed", "retried", "refused") or any(each[name] for each in told)
    ]
    return stacked("outcomes-chart", "Renewals by outcome", _axis(seen), layers)


def _axis(seen: Overview) -> Axis:
    return Axis(seen.buckets[0].at * 1000, seen.span_seconds * 1000, len(seen.buckets))


def _sign(title: str, tone: Tone, axis: Axis, values: Iterable[int]) -> Chart:
    name = title.lower()
    layer = Layer(name, tone, list(values))
    return stacked(f"{name}-chart", title, axis, [layer], is_small=True)


def _told(bucket: Bucket) -> dict[str, int]:
    """A step's outcomes as the few that people tell apart."""
    counted = {
        "renewed": _sum(bucket, _RENEWED),
        "retried": bucket.outcomes.get("retried", 0),
        "reuse": bucket.outcomes.get("reuse_detected", 0),
        "failed": _sum(bucket, _FAILED),
    }
    return counted | {"refused": bucket.calls - sum(counted.values())}


def _sum(bucket: Bucket, outcomes: Iterable[str]) -> int:
    return sum(bucket.outcomes.get(each, 0) for each in outcomes)


def trend(now: int, before: int) -> dict[str, str]:
    """How a day compares to the one before it, in words and as a way to go."""
    if not before:
        return {"words": "", "way": ""}
    percent = round((now - before) / before * 100)
    if not percent:
        return {"words": "as many as the day before", "way": ""}
    word, way = ("more", "up") if percent > 0 else ("fewer", "down")
    return {"words": f"{abs(percent)} % {word} than the day before", "way": way}


def share(part: int, whole: int) -> dict[str, str]:
    """A share in per cent, never rounded up to all of it."""
    if not whole:
        return {"figure": "–", "unit": ""}
    tenths = part * 1000 // whole
    return {"figure": f"{tenths / 10:g}", "unit": "%"}


def _latency(totals: Bucket) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in (("p50", totals.p50_ms), ("p99", totals.p99_ms)):
        told[name] = "–" if value is None else f"{value:.3g}"
        told[f"{name}_unit"] = "" if value is None else "ms"
    return told


def _has_apps(visit: Visit) -> bool:
    here = visit.here
    return bool(
        apps_in(visit.installation, here, limit=1)
        or visit.installation.app_installations.in_workspace(here.id)
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/console/workspaces/{workspace}",
        name="overview",
        handler=show,
        permission="activity:read",
    ),
)
