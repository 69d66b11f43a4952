"""``remint grant``: who has authorized which app."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from remint.cli.grantimport import import_tokens
from remint.cli.granttold import in_full, listed
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Claims, ClientId, Json, pairs
from remint.cli.output import moment, print_json, print_record, print_table, remark, tell
from remint.cli.whereabouts import Whereabouts

app = typer.Typer(no_args_is_help=True, help="Grants: the authorization of an app by a subject.")

GrantId = Annotated[
    str,
    typer.Argument(
        help="The grant: its id in `remint grant list`.", metavar="GRANT_ID", show_default=False
    ),
]
Subject = Annotated[
    str,
    typer.Option(
        "--subject", help="Whose grant it is: your own id for the person or account.", metavar="ID"
    ),
]
Scope = Annotated[
    str | None,
    typer.Option(help="What it covers; else all that the app may have.", metavar="WORDS"),
]
OfWorkspace = Annotated[
    str,
    typer.Option(
        "--workspace", help="Those in this workspace.", metavar="NAME", show_default=False
    ),
]
OfApp = Annotated[str | None, typer.Option("--app", help="Those of this app.", metavar="CLIENT_ID")]
OfSubject = Annotated[
    str | None, typer.Option("--subject", help="Those of this subject.", metavar="ID")
]
After = Annotated[
    str | None,
    typer.Option(help="Go on after this grant: the last one that was listed.", metavar="GRANT_ID"),
]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=100_000, metavar="N")]


@command(app, "issue")
def issue(
    client_id: ClientId,
    subject: Subject,
    scope: Scope = None,
    claim: Claims = None,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Issues a grant. Its first refresh token is shown once, now.

    remint grant issue CLIENT_ID --subject user-1
    remint grant issue CLIENT_ID --subject user-1 --scope "openid orders:read"
    remint grant issue CLIENT_ID --subject user-1 --claim company_id=7713
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.grants.grants import issue_for

    claims = pairs(claim, "--claim")
    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        issued = issue_for(installation, found, subject, scope=scope, claims=claims, actor=COMMAND)
    grant, terms = issued.held.grant, issued.held.terms
    told: dict[str, Any] = {
        "grant_id": grant.id.hex(),
        "client_id": client_id,
        "subject": subject,
        "scope": terms.scope,
        "expires_at": moment(grant.expires_at),
        "refresh_token": issued.refresh_token.reveal(),
    }
    tell(told, as_json=as_json, secret="refresh token")


@command(app, "list")
def list_grants(
    workspace: OfWorkspace = "",
    client_id: OfApp = None,
    subject: OfSubject = None,
    after: After = None,
    limit: Limit = 100,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists grants, newest first.

    remint grant list --workspace acme
    remint grant list --app CLIENT_ID --subject user-1
    remint grant list --limit 1000 --after GRANT_ID
    """
    with opened(where) as installation:
        told = listed(installation, workspace, client_id, subject, after=after, limit=limit)
    if as_json:
        print_json(told)
        return
    columns = (
        "grant_id",
        "client_id",
        "subject",
        "state",
        "created_at",
        "renewed_at",
        "expires_at",
        "retry_streak",
    )
    print_table(columns, ([each[key] for key in columns] for each in told), empty="No grants.")
    if len(told) == limit:
        remark(f"There may be more: --after {told[-1]['grant_id']}")


@command(app, "show")
def show(grant_id: GrantId, *, where: Whereabouts, as_json: Json = False) -> None:
    """Shows a grant, the rules that it was made under, what happened to it and what will."""
    from remint.issuer.grants.grants import find_grant

    with opened(where) as installation:
        held = find_grant(installation, grant_id)
        told = in_full(installation, held)
    if as_json:
        print_json(told)
        return
    policy, moments = told.pop("policy"), told.pop("timeline")
    told.pop("events")
    print_record({**told, **{f"policy {key}": value for key, value in policy.items()}})
    columns = ("at", "what", "words", "actor", "origin")
    print_table(columns, ([each[key] for key in columns] for each in moments), empty="")


@command(app, "revoke")
def revoke(
    grant_id: Annotated[
        str, typer.Argument(help="One grant.", metavar="[GRANT_ID]", show_default=False)
    ] = "",
    client_id: Annotated[
        str, typer.Option("--app", help="All of this app.", metavar="CLIENT_ID", show_default=False)
    ] = "",
    subject: Annotated[
        str,
        typer.Option(
            help="All of this subject, in one workspace.", metavar="ID", show_default=False
        ),
    ] = "",
    workspace: Annotated[
        str,
        typer.Option(
            help="All in this workspace; with --subject, where the subject is.",
            metavar="NAME",
            show_default=False,
        ),
    ] = "",
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Revokes a grant, or all grants of an app, a subject or a workspace that were made until now.

    It is done at once, however many they are, and for good: a restored backup does not undo it. Access
    tokens that are out live on until they expire.

        remint grant revoke GRANT_ID
        remint grant revoke --app CLIENT_ID
        remint grant revoke --subject user-1
        remint grant revoke --workspace acme
    """
    from remint.cli.revoking import revoke_one_of

    given = {"grant": grant_id, "app": client_id, "subject": subject, "workspace": workspace}
    chosen = {key: value for key, value in given.items() if value}
    if len(chosen) != 1 and chosen.keys() != {"subject", "workspace"}:
        raise typer.BadParameter("give one of GRANT_ID, --app, --subject and --workspace")
    with opened(where) as installation:
        told = revoke_one_of(installation, chosen)
    tell(told, as_json=as_json)


command(app, "import")(import_tokens)
