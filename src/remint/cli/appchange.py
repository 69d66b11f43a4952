"""``remint app change``: what can be different of an app once it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remint.cli.apptold import in_full
from remint.cli.opening import opened
from remint.cli.options import Claims, ClientId, Json, pairs
from remint.cli.output import print_json, print_record
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.records import App

_OWN: Final = "own"

NewName = Annotated[str | None, typer.Option("--name", help="What people call it.", metavar="NAME")]
Description = Annotated[
    str | None, typer.Option("--description", help="What it is for.", metavar="TEXT")
]
Scope = Annotated[
    str | None,
    typer.Option("--scope", help="What its next grants may cover.", metavar="WORDS"),
]
Audience = Annotated[
    str | None,
    typer.Option("--audience", help="Whom its next access tokens are for.", metavar="URI"),
]
NoClaims = Annotated[
    bool, typer.Option("--no-claims", help="Take its own claims away.", metavar="")
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Begin again with a standard's rules, or with the dialect's: own.", metavar="NAME"
    ),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        help="A rule that is to be different, such as access_lifetime_seconds=900. Again for more.",
        metavar="KEY=VALUE",
    ),
]
CompanyNumber = Annotated[
    int | None,
    typer.Option("--company", help="The company that it belongs to.", metavar="NUMBER"),
]
NoCompany = Annotated[
    bool, typer.Option("--no-company", help="It belongs to none from now on.", metavar="")
]


def change(
    client_id: ClientId,
    name: NewName = None,
    description: Description = None,
    scope: Scope = None,
    audience: Audience = None,
    claim: Claims = None,
    no_claims: NoClaims = False,
    preset: Preset = None,
    policy: Rules = None,
    company: CompanyNumber = None,
    no_company: NoCompany = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Changes what is given of an app; claims replace those that it has.

    Its tokens carry new claims from the next renewal on. Scope and policy hold for grants made from then
    on; what was granted before keeps its rules.

        remint app change CLIENT_ID --name "Acme orders" --description "Brings orders in"
        remint app change CLIENT_ID --policy access_lifetime_seconds=900
        remint app change CLIENT_ID --preset own
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.changes import AppChanges, change_app

    if claim and no_claims:
        raise typer.BadParameter("--claim and --no-claims exclude each other")
    if company is not None and no_company:
        raise typer.BadParameter("--company and --no-company exclude each other")
    given: dict[str, Any] = {
        "name": name,
        "description": description,
        "scope": scope,
        "audience": audience,
        "claims": {} if no_claims else (pairs(claim, "--claim") or None),
        "policy": pairs(policy, "--policy") or None,
    }
    wanted = {key: value for key, value in given.items() if value is not None}
    if preset is not None:
        wanted["preset"] = None if preset == _OWN else preset
    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        if company is not None or no_company:
            wanted["company"] = _company_id(installation, found, company)
        changed = change_app(installation, found, AppChanges(**wanted), actor=COMMAND)
        told = in_full(installation, changed)
    show_app(told, as_json=as_json)


def show_app(told: dict[str, Any], *, as_json: bool) -> None:
    """Prints what ``in_full`` tells, with a line for each rule of the policy."""
    if as_json:
        print_json(told)
        return
    policy = told.pop("policy")
    print_record({**told, **{f"policy {key}": value for key, value in policy.items()}})


def _company_id(installation: Installation, app: App, number: int | None) -> int | None:
    if number is None:
        return None
    return installation.companies.with_number(app.workspace_id, number).id
