"""``remint grant``: who has authorized which app."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from remint.cli.opening import opened
from remint.cli.options import ACTOR, Claims, Config, DataDir, Json, pairs
from remint.cli.output import moment, print_json, print_record, remark
from remint.issuer.grants import issue_for

app = typer.Typer(no_args_is_help=True, help="Grants: the authorization of an app by a subject.")


@app.command("issue")
def issue(
    client_id: Annotated[
        str, typer.Argument(help="The app: its client id.", metavar="CLIENT_ID", show_default=False)
    ],
    subject: Annotated[
        str,
        typer.Option(
            "--subject",
            help="Whose grant it is: your own id for the person or account.",
            metavar="ID",
        ),
    ],
    scope: Annotated[
        str | None,
        typer.Option(help="What it covers; else all that the app may have.", metavar="WORDS"),
    ] = None,
    claim: Claims = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    r"""Issues a grant. Its first refresh token is shown once, now.

    \b
        remint grant issue CLIENT_ID --subject user-1
        remint grant issue CLIENT_ID --subject user-1 --scope "openid orders:read"
        remint grant issue CLIENT_ID --subject user-1 --claim company_id=7713
    """
    claims = pairs(claim, "--claim")
    with opened(data_dir, config) as installation:
        found = installation.catalogue.app(client_id)
        issued = issue_for(installation, found, subject, scope=scope, claims=claims, actor=ACTOR)
    grant, terms = issued.held.grant, issued.held.terms
    told: dict[str, Any] = {
        "grant_id": grant.id.hex(),
        "client_id": client_id,
        "subject": subject,
        "scope": terms.scope,
        "expires_at": moment(grant.expires_at),
        "refresh_token": issued.refresh_token.reveal(),
    }
    if as_json:
        print_json(told)
        return
    print_record(told)
    remark("\nKeep the refresh token now: it is not stored, and not shown again.")
