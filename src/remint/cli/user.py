"""``remint user``: the people who may log in by password."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli.credential import ask_password, read_secret
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Claims, Config, DataDir, Json, WorkspaceName, pairs
from remint.cli.output import tell
from remint.issuer.defaults import DEFAULT_WORKSPACE
from remint.secret import Secret

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


@command(app, "create")
def create(
    username: Username,
    from_input: FromInput = False,
    generated: Generated = False,
    subject: Subject = "",
    claim: Claims = None,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Makes a user. The password is asked for, read from standard input or drawn: never an argument.

    remint user create ada@example.com
    remint user create ada@example.com --generate --claim company_id=7713
    remint user create ada@example.com --password-stdin <password.txt
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.users import create_user

    if from_input and generated:
        raise typer.BadParameter("--password-stdin and --generate exclude each other")
    claims = pairs(claim, "--claim")
    given = _password(from_input=from_input, generated=generated)
    with opened(data_dir, config) as installation:
        made = create_user(
            installation,
            username,
            given,
            workspace=workspace,
            subject=subject,
            claims=claims,
            actor=COMMAND,
        )
    told = {"username": username, "workspace": workspace, "subject": made.user.subject}
    if given is None:
        told["password"] = made.password.reveal()
    tell(told, as_json=as_json, secret="" if given else "password")


def _password(*, from_input: bool, generated: bool) -> Secret | None:
    if generated:
        return None
    return read_secret() if from_input else ask_password("--password-stdin or --generate")
