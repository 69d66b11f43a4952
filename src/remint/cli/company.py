"""``remint company``: whose number and name tokens carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json, WorkspaceName
from remint.cli.output import moment, print_rows, tell
from remint.cli.whereabouts import Whereabouts
from remint.issuer.defaults import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from remint.store.records import Company

app = typer.Typer(
    no_args_is_help=True, help="Companies: users and apps of one carry its number and name."
)

Number = Annotated[
    int,
    typer.Argument(
        help="What it is known by: the claim company_id.", metavar="NUMBER", show_default=False
    ),
]
Name = Annotated[
    str,
    typer.Argument(
        help="What it is called: the claim customer_name.", metavar="NAME", show_default=False
    ),
]
_ALL: Final = 100_000


@command(app, "create")
def create(
    number: Number,
    name: Name,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes a company. Its users log in by its apps and by those of no company, never by another's.

    remint company create 7713 "Acme Freight"
    remint user create ada@example.com --company 7713
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.companies import create_company

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        told = _told(create_company(installation, home, number, name, actor=COMMAND))
    tell(told, as_json=as_json)


@command(app, "list")
def list_companies(
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists a workspace's companies, oldest first."""
    from remint.issuer.tenants.companies import companies

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        found = [_told(each) for each in companies(installation, home, limit=_ALL)]
    columns = ("number", "name", "created_at")
    print_rows(
        columns,
        found,
        as_json=as_json,
        empty="It has no companies. `remint company create NUMBER NAME` makes one.",
    )


@command(app, "change")
def change(
    number: Number,
    name: Name,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Gives a company another name: its apps' next tokens carry it, and its users' next grants."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.companies import change_company

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        found = installation.companies.with_number(home.id, number)
        told = _told(change_company(installation, found, name=name, actor=COMMAND))
    tell(told, as_json=as_json)


def _told(found: Company) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "created_at": moment(found.created_at),
    }
