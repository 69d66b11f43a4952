"""``remint activity``: what the token endpoints did, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remint.cli.moment import milliseconds
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import moment, print_json, print_table
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.issuer.upkeep.activity import Bucket

_DAY_SECONDS: Final = 86_400
#: What has a column of its own; everything else was refused, or got no verdict.
_TOLD: Final = ("advanced", "kept", "issued", "retried", "rewound", "reuse_detected")

InWorkspace = Annotated[
    str,
    typer.Option(
        "--workspace", help="Of the apps of this workspace.", metavar="NAME", show_default=False
    ),
]
OfApp = Annotated[
    str,
    typer.Option("--app", help="Of this app.", metavar="CLIENT_ID", show_default=False),
]
Since = Annotated[
    str,
    typer.Option(
        help="From then on, else of the last day: seconds since 1970, or 2027-01-31T12:00:00Z.",
        metavar="MOMENT",
        show_default=False,
    ),
]
Until = Annotated[
    str, typer.Option(help="Before then, else until now.", metavar="MOMENT", show_default=False)
]
Step = Annotated[
    int,
    typer.Option(
        help="How long the steps are: 300 seconds, kept for three days, or 3600, kept for 400 days.",
        metavar="SECONDS",
    ),
]


def activity(
    workspace: InWorkspace = "",
    client_id: OfApp = "",
    since: Since = "",
    until: Until = "",
    step: Step = 3600,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Tells how many token calls came to what, and how long they took, step by step.

    A server writes its counts every ten seconds. Steps in which nothing happened are left out of the table.

        remint activity
        remint activity --app CLIENT_ID --step 300
        remint activity --workspace acme --since 2027-01-01T00:00:00Z
    """
    from remint.issuer.upkeep.activity import overview

    if workspace and client_id:
        raise typer.BadParameter("give one of --workspace and --app")
    with opened(where) as installation:
        now_s = installation.clock.now_ms() // 1000
        end = milliseconds(until, "until") // 1000 if until else now_s + 1
        seen = overview(
            installation,
            series=_series(installation, workspace, client_id),
            span_seconds=step,
            since=milliseconds(since, "since") // 1000 if since else end - _DAY_SECONDS,
            until=end,
        )
    if as_json:
        told = [_told(bucket) for bucket in seen.buckets]
        print_json({"span_seconds": step, "steps": told, "total": _told(seen.totals)})
        return
    busy = [bucket for bucket in seen.buckets if bucket.calls]
    rows = [_row(moment(bucket.at), bucket) for bucket in busy]
    if rows:
        rows.append(_row("all", seen.totals))
    columns = ("at", "calls", *_TOLD, "others", "p50 ms", "p99 ms")
    print_table(columns, rows, empty="Nothing happened.")


def _series(installation: Installation, workspace: str, client_id: str) -> str:
    from remint.store.activity import ALL, app_series, workspace_series

    if client_id:
        return app_series(installation.catalogue.app(client_id).id)
    if workspace:
        return workspace_series(installation.workspaces.named(workspace).id)
    return ALL


def _told(bucket: Bucket) -> dict[str, Any]:
    return {
        "at": moment(bucket.at),
        "outcomes": bucket.outcomes,
        "p50_ms": bucket.p50_ms,
        "p99_ms": bucket.p99_ms,
    }


def _row(at: str | None, bucket: Bucket) -> list[Any]:
    told = [bucket.outcomes.get(outcome, 0) for outcome in _TOLD]
    return [at, bucket.calls, *told, bucket.calls - sum(told), bucket.p50_ms, bucket.p99_ms]
