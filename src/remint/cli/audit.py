"""``remint audit``: the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from remint.cli.help import command
from remint.cli.moment import milliseconds
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import print_json, print_table, remark
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.issuer.upkeep.audit import Search

app = typer.Typer(no_args_is_help=True, help="The audit trail: who did what, when, and from where.")

InWorkspace = Annotated[
    str,
    typer.Option(
        "--workspace", help="What happened in this workspace.", metavar="NAME", show_default=False
    ),
]
Event = Annotated[
    str,
    typer.Option(help="Events of this name, such as reuse_detected.", show_default=False),
]
OfApp = Annotated[
    str,
    typer.Option("--app", help="Those of this app.", metavar="CLIENT_ID", show_default=False),
]
Who = Annotated[
    str,
    typer.Option(
        "--actor",
        help="What this one did: an e-mail address, an admin key's name, or command.",
        metavar="NAME",
        show_default=False,
    ),
]
OfGrant = Annotated[
    str,
    typer.Option("--grant", help="Those of this grant.", metavar="GRANT_ID", show_default=False),
]
Since = Annotated[
    str,
    typer.Option(
        help="From then on: seconds since 1970, or 2027-01-31T12:00:00Z.",
        metavar="MOMENT",
        show_default=False,
    ),
]
Until = Annotated[str, typer.Option(help="Before then.", metavar="MOMENT", show_default=False)]
Before = Annotated[
    int | None,
    typer.Option(
        help="Go on before this event: the last one that was listed.", metavar="ID", min=1
    ),
]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000, metavar="N")]


@command(app, "list")
def list_events(
    workspace: InWorkspace = "",
    event: Event = "",
    client_id: OfApp = "",
    actor: Who = "",
    grant: OfGrant = "",
    since: Since = "",
    until: Until = "",
    before: Before = None,
    limit: Limit = 100,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists events, newest first.

    remint audit list
    remint audit list --event reuse_detected --since 2027-01-01T00:00:00Z
    remint audit list --workspace acme --actor ada@example.com
    """
    from remint.cli.granttold import client_ids
    from remint.issuer.upkeep.audit import as_record, search

    with opened(where) as installation:
        query = _query(
            installation, workspace, event, client_id, actor, grant, since=since, until=until
        )
        found = search(installation, query, before=before, limit=limit)
        names = client_ids(installation)
        told = [as_record(*each, names) for each in found]
    if as_json:
        print_json(told)
        return
    columns = ("id", "at", "event", "client_id", "grant", "actor", "origin", "detail")
    rows = ([each[column] or "" for column in columns] for each in told)
    print_table(columns, rows, empty="No such events.")
    if len(told) == limit:
        remark(f"There may be more: --before {told[-1]['id']}")


@command(app, "export")
def export_events(
    workspace: InWorkspace = "",
    event: Event = "",
    client_id: OfApp = "",
    actor: Who = "",
    grant: OfGrant = "",
    since: Since = "",
    until: Until = "",
    *,
    where: Whereabouts,
) -> None:
    """Writes events to standard output, oldest first, as a JSON object a line.

    However many there are, it takes little memory, and nobody waits for it.

        remint audit export >audit.jsonl
        remint audit export --workspace acme --since 2027-01-01T00:00:00Z >january.jsonl
    """
    from remint.issuer.upkeep.audit import export

    out = typer.get_binary_stream("stdout")
    with opened(where) as installation:
        query = _query(
            installation, workspace, event, client_id, actor, grant, since=since, until=until
        )
        for chunk in export(installation, query):
            out.write(chunk)


def _query(
    installation: Installation,
    workspace: str,
    event: str,
    client_id: str,
    actor: str,
    grant: str,
    *,
    since: str,
    until: str,
) -> Search:
    from remint.issuer.upkeep.audit import Search

    return Search(
        workspace_id=installation.workspaces.named(workspace).id if workspace else None,
        event=event,
        client_id=client_id,
        actor=actor,
        grant=grant,
        since_ms=milliseconds(since, "since") if since else None,
        until_ms=milliseconds(until, "until") if until else None,
    )
