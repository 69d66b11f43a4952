"""``remint user``: the people who may log in by password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from remint.cli.credential import ask_password, read_secret
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Claims, Json, WorkspaceName, pairs
from remint.cli.output import moment, print_json, print_table, remark, tell
from remint.cli.whereabouts import Whereabouts
from remint.errors import NotFound
from remint.issuer.defaults import DEFAULT_WORKSPACE
from remint.secret import Secret

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.records import User

app = typer.Typer(no_args_is_help=True, help="Users: who may get a first grant by password.")

Username = Annotated[
    str,
    typer.Argument(
        help="What the user logs in with; for some dialects an e-mail address.",
        metavar="USERNAME",
        show_default=False,
    ),
]
FromInput = Annotated[
    bool,
    typer.Option(
        "--password-stdin", help="Read the password from standard input: one line.", metavar=""
    ),
]
Generated = Annotated[
    bool,
    typer.Option("--generate", help="Draw a password, and show it once.", metavar=""),
]
Subject = Annotated[
    str,
    typer.Option(
        help="Your own id for the person, which the tokens carry; else one is drawn.",
        metavar="ID",
        show_default=False,
    ),
]
CompanyNumber = Annotated[
    int | None,
    typer.Option("--company", help="The company that the user is of.", metavar="NUMBER"),
]
NoCompany = Annotated[
    bool, typer.Option("--no-company", help="The user is of none from now on.", metavar="")
]
NoClaims = Annotated[
    bool, typer.Option("--no-claims", help="Take the user's own claims away.", metavar="")
]
Disabled = Annotated[
    bool | None,
    typer.Option(
        "--disable/--enable", help="Whether the user may log in.", metavar="", show_default=False
    ),
]
Query = Annotated[
    str,
    typer.Option(help="Only those with this in their name.", metavar="TEXT", show_default=False),
]
After = Annotated[
    int, typer.Option(help="Go on after this id: the last that was listed.", min=0, metavar="ID")
]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=100_000, metavar="N")]


@command(app, "create")
def create(
    username: Username,
    from_input: FromInput = False,
    generated: Generated = False,
    subject: Subject = "",
    claim: Claims = None,
    company: CompanyNumber = None,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes a user. The password is asked for, read from standard input or drawn: never an argument.

    remint user create ada@example.com
    remint user create ada@example.com --generate --claim company_id=7713
    remint user create ada@example.com --company 7713
    remint user create ada@example.com --password-stdin <password.txt
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.users import create_user

    claims = pairs(claim, "--claim")
    given = _password(from_input=from_input, generated=generated)
    with opened(where) as installation:
        made = create_user(
            installation,
            username,
            given,
            workspace=workspace,
            subject=subject,
            claims=claims,
            company=_company_id(installation, workspace, company),
            actor=COMMAND,
        )
    told = {"username": username, "workspace": workspace, "subject": made.user.subject}
    if given is None:
        told["password"] = made.password.reveal()
    tell(told, as_json=as_json, secret="" if given else "password")


@command(app, "list")
def list_users(
    query: Query = "",
    after: After = 0,
    limit: Limit = 100,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists a workspace's users, oldest first."""
    from remint.issuer.tenants.users import users

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        found = users(installation, home, query=query, after=after, limit=limit)
    told = [_told(each) for each in found]
    if as_json:
        print_json(told)
        return
    columns = ("id", "username", "subject", "company_id", "disabled", "created_at")
    print_table(columns, ([each[key] for key in columns] for each in told), empty="No users.")
    if len(told) == limit:
        remark(f"There may be more: --after {told[-1]['id']}")


@command(app, "show")
def show(
    username: Username,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Shows a user, and what the tokens of the user's next grant carry."""
    with opened(where) as installation:
        told = _told(_found(installation, workspace, username))
    tell(told, as_json=as_json)


@command(app, "change")
def change(
    username: Username,
    claim: Claims = None,
    no_claims: NoClaims = False,
    company: CompanyNumber = None,
    no_company: NoCompany = False,
    disabled: Disabled = None,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Changes what is given of a user; claims replace those that the user has.

    It holds for the user's next grants. What was granted before stays: `remint grant revoke --subject`
    ends it.

        remint user change ada@example.com --company 7713
        remint user change ada@example.com --disable
    """
    from msgspec import UNSET

    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.users import change_user

    if claim and no_claims:
        raise typer.BadParameter("--claim and --no-claims exclude each other")
    if company is not None and no_company:
        raise typer.BadParameter("--company and --no-company exclude each other")
    keeps = company is None and not no_company
    with opened(where) as installation:
        changed = change_user(
            installation,
            _found(installation, workspace, username),
            claims={} if no_claims else (pairs(claim, "--claim") or None),
            company=UNSET if keeps else _company_id(installation, workspace, company),
            disabled=disabled,
            actor=COMMAND,
        )
    tell(_told(changed), as_json=as_json)


@command(app, "set-password")
def set_password(
    username: Username,
    from_input: FromInput = False,
    generated: Generated = False,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Gives a user another password: asked for, read from standard input or drawn, never an argument.

    remint user set-password ada@example.com --generate
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.users import set_user_password

    given = _password(from_input=from_input, generated=generated)
    with opened(where) as installation:
        found = _found(installation, workspace, username)
        password = set_user_password(installation, found, given, actor=COMMAND)
    told = {"username": username, "workspace": workspace}
    if given is None:
        told["password"] = password.reveal()
    tell(told, as_json=as_json, secret="" if given else "password")


def _told(found: User) -> dict[str, Any]:
    return {
        "id": found.id,
        "username": found.username,
        "subject": found.subject,
        "company_id": found.token_claims.get("company_id") if found.company_id else None,
        "claims": found.claims,
        "token_claims": found.token_claims,
        "disabled": bool(found.disabled_at),
        "created_at": moment(found.created_at),
    }


def _found(installation: Installation, workspace: str, username: str) -> User:
    home = installation.workspaces.named(workspace)
    found = installation.people.find(home.id, username)
    if found is None:
        raise NotFound(f"there is no user named {username!r} in the workspace {workspace!r}")
    return found


def _company_id(installation: Installation, workspace: str, number: int | None) -> int | None:
    if number is None:
        return None
    home = installation.workspaces.named(workspace)
    return installation.companies.with_number(home.id, number).id


def _password(*, from_input: bool, generated: bool) -> Secret | None:
    if from_input and generated:
        raise typer.BadParameter("--password-stdin and --generate exclude each other")
    if generated:
        return None
    return read_secret() if from_input else ask_password("--password-stdin or --generate")
