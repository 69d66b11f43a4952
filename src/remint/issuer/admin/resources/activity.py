"""Activity: how often what happened, and how long it took, over time."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.fields import Moment, told_ms
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import app_of
from remint.issuer.upkeep import activity as use
from remint.store.activity import ALL, app_series, workspace_series

_TAG: Final = "Activity"
_DAY_SECONDS: Final = 86_400


class ActivityQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which time is wanted: the last day, if nothing is said."""

    span_seconds: Annotated[
        int,
        Meta(
            description="How long the steps are: 300 (kept for 3 days) or 3600 (kept for 400 days).",
            examples=[300],
        ),
    ] = 300
    since: Moment | None = None
    until: Moment | None = None


class ActivityStep(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one step."""

    at: Annotated[Moment, Meta(description="When the step begins.")]
    outcomes: Annotated[
        dict[str, int],
        Meta(description="Calls by what they came to.", examples=[{"renewed": 12, "retried": 1}]),
    ]
    p50_ms: Annotated[float | None, Meta(description="null where nothing was measured.")]
    p99_ms: float | None


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A row of steps without gaps, oldest first, and all of them together."""

    span_seconds: int
    steps: list[ActivityStep]
    total: ActivityStep


def _shown(bucket: use.Bucket) -> ActivityStep:
    return ActivityStep(
        at=told_ms(bucket.at * 1000),
        outcomes=bucket.outcomes,
        p50_ms=bucket.p50_ms,
        p99_ms=bucket.p99_ms,
    )


def _tell(call: Call, series: str) -> Answer:
    query = call.query
    now_s = call.installation.clock.now_ms() // 1000
    until = now_s + 1 if query.until is None else int(query.until.timestamp())
    since = until - _DAY_SECONDS if query.since is None else int(query.since.timestamp())
    found = use.overview(
        call.installation,
        series=series,
        span_seconds=query.span_seconds,
        since=since,
        until=until,
    )
    return Answer(
        body=Activity(
            span_seconds=found.span_seconds,
            steps=[_shown(each) for each in found.buckets],
            total=_shown(found.totals),
        )
    )


def _of_installation(call: Call) -> Answer:
    return _tell(call, ALL)


def _of_workspace(call: Call) -> Answer:
    return _tell(call, workspace_series(call.workspace.id))


def _of_app(call: Call) -> Answer:
    return _tell(call, app_series(app_of(call).id))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/activity",
        name="show_installation_activity",
        tag=_TAG,
        summary="What the whole installation did",
        handler=_of_installation,
        permission="activity:read",
        query=ActivityQuery,
        response=Activity,
        command="activity",
        page="no: the console looks at one workspace at a time",
    ),
    Operation(
        method="GET",
        path="/workspaces/{workspace}/activity",
        name="show_activity",
        tag=_TAG,
        summary="What the apps of a workspace did",
        handler=_of_workspace,
        permission="activity:read",
        query=ActivityQuery,
        response=Activity,
        command="activity",
        page="overview",
    ),
    Operation(
        method="GET",
        path="/workspaces/{workspace}/apps/{client_id}/activity",
        name="show_app_activity",
        tag=_TAG,
        summary="What an app did",
        handler=_of_app,
        permission="activity:read",
        query=ActivityQuery,
        response=Activity,
        command="activity",
        page="app",
    ),
)
