"""``remint account``: the people who may log in to the console."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli.credential import ask_password, read_secret
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import print_rows, tell
from remint.cli.peopletold import told_account, told_session
from remint.cli.whereabouts import Whereabouts

app = typer.Typer(no_args_is_help=True, help="Accounts: who may log in to the console.")

Email = Annotated[
    str, typer.Argument(help="The person's e-mail address.", metavar="EMAIL", show_default=False)
]


@command(app, "create")
def create(
    email: Email,
    name: Annotated[
        str, typer.Option("--name", help="The person's name.", metavar="NAME", show_default=False)
    ],
    operator: Annotated[
        bool,
        typer.Option(
            "--operator", help="May do everything, everywhere in the installation.", metavar=""
        ),
    ] = False,
    from_input: Annotated[
        bool,
        typer.Option(
            "--password-stdin", help="Read the password from standard input: one line.", metavar=""
        ),
    ] = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes an account. The password is asked for, or read from standard input: never an argument.

    To let somebody choose their own, and give them a role at once, see `remint member invite`.

        remint account create ada@example.com --name "Ada Lovelace" --operator
        remint account create ada@example.com --name "Ada Lovelace" --password-stdin <password.txt
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.accounts import create_account

    password = read_secret() if from_input else ask_password("--password-stdin")
    with opened(where) as installation:
        made = create_account(installation, email, name, password, operator=operator, actor=COMMAND)
    tell(told_account(made), as_json=as_json)


@command(app, "list")
def list_accounts(
    after: Annotated[
        int, typer.Option(help="Go on after the account of this id.", metavar="ID")
    ] = 0,
    limit: Annotated[int, typer.Option(help="So many at most.", metavar="N")] = 200,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists accounts, oldest first."""
    from remint.issuer.people.accounts import accounts

    with opened(where) as installation:
        found = [told_account(each) for each in accounts(installation, after=after, limit=limit)]
    columns = ("id", "email", "name", "operator", "created_at", "disabled_at")
    print_rows(
        columns,
        found,
        as_json=as_json,
        empty="There is no account. `remint serve` prints a link that makes the first one.",
    )


@command(app, "show")
def show(email: Email, *, where: Whereabouts, as_json: Json = False) -> None:
    """Shows an account: its roles, and where it is logged in."""
    from remint.issuer.people.accounts import find_account
    from remint.issuer.people.sessions import sessions_of

    with opened(where) as installation:
        found = find_account(installation, email)
        held = installation.members.roles(found.id)
        roles = {installation.workspaces.numbered(each).name: held[each] for each in held}
        sessions = [told_session(each) for each in sessions_of(installation, found)]
    tell({**told_account(found), "roles": roles, "sessions": sessions}, as_json=as_json)


@command(app, "change")
def change(
    email: Email,
    name: Annotated[
        str | None, typer.Option(help="Another name.", metavar="NAME", show_default=False)
    ] = None,
    operator: Annotated[
        bool | None,
        typer.Option(
            "--operator/--no-operator",
            help="Whether the person may do everything, everywhere.",
            metavar="",
            show_default=False,
        ),
    ] = None,
    disabled: Annotated[
        bool | None,
        typer.Option(
            "--disable/--enable",
            help="Whether the person is kept out. It ends their sessions.",
            metavar="",
            show_default=False,
        ),
    ] = None,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Changes an account. The last operator stays one.

    remint account change ada@example.com --operator
    remint account change ada@example.com --disable
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.accounts import change_account, find_account

    if name is None and operator is None and disabled is None:
        raise typer.BadParameter("nothing to change: see `remint account change --help`")
    with opened(where) as installation:
        changed = change_account(
            installation,
            find_account(installation, email),
            name=name,
            operator=operator,
            disabled=disabled,
            actor=COMMAND,
        )
    tell(told_account(changed), as_json=as_json)


@command(app, "link")
def link(email: Email, *, where: Whereabouts, as_json: Json = False) -> None:
    """Makes a link by which the person chooses a new password, good once and for a day.

    The links before it end. Give it to them by a way that nobody else reads: it lets in whoever has it.
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.accounts import find_account
    from remint.issuer.people.invitations import link as link_of
    from remint.issuer.people.invitations import password_code

    with opened(where) as installation:
        found = find_account(installation, email)
        code = password_code(installation, found, actor=COMMAND)
        address = link_of(installation, "password", code)
    tell({"email": found.email, "link": address.reveal()}, as_json=as_json, secret="link")


@command(app, "log-out")
def log_out(email: Email, *, where: Whereabouts, as_json: Json = False) -> None:
    """Ends every session of an account. The person may log in again: to keep them out, disable it."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.accounts import find_account
    from remint.issuer.people.sessions import end_others

    with opened(where) as installation:
        found = find_account(installation, email)
        ended = end_others(installation, found, None, actor=COMMAND)
    tell({"email": found.email, "sessions_ended": ended}, as_json=as_json)
