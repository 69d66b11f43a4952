"""``remint member``: who works in a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from remint.cli.account import Email
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json, WorkspaceName
from remint.cli.output import print_rows, tell
from remint.cli.peopletold import told_invitation, told_member
from remint.cli.whereabouts import Whereabouts
from remint.errors import NotFound
from remint.issuer.defaults import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.peoplerecords import Member
    from remint.store.records import Role

app = typer.Typer(no_args_is_help=True, help="Members: who works in a workspace, in what role.")

RoleName = Annotated[
    str,
    typer.Argument(help="owner, developer or viewer.", metavar="ROLE", show_default=False),
]


@command(app, "list")
def list_members(
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists a workspace's members, oldest first."""
    from remint.issuer.people.members import members

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        found = [told_member(each) for each in members(installation, home)]
    columns = ("id", "email", "name", "role", "created_at")
    print_rows(
        columns,
        found,
        as_json=as_json,
        empty="It has no members. `remint member invite EMAIL ROLE` invites one.",
    )


@command(app, "invite")
def invite(
    email: Email,
    role: RoleName,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Invites somebody into a workspace: prints a link, good once and for a week.

    Owners do everything in it, developers work on its apps, users and grants, viewers look. Nothing is
    sent: give the person the link by a way that nobody else reads.

        remint member invite ada@example.com developer --workspace acme
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.invitations import invite as invite_into
    from remint.issuer.people.invitations import link

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        invited = invite_into(installation, home, email, cast("Role", role), actor=COMMAND)
        address = link(installation, "member", invited.code)
    told = {**told_invitation(invited.invitation), "workspace": workspace}
    tell({**told, "link": address.reveal()}, as_json=as_json, secret="link")


@command(app, "set-role")
def set_role(
    email: Email,
    role: RoleName,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Gives a member another role. The last owner stays one."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.members import set_role as give_role

    with opened(where) as installation:
        found = _member(installation, workspace, email)
        changed = give_role(installation, found, cast("Role", role), actor=COMMAND)
    tell({**told_member(changed), "workspace": workspace}, as_json=as_json)


@command(app, "remove")
def remove(
    email: Email,
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Ends a membership, from the person's next click on. The last owner stays. The account stays, too."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.members import remove_member

    with opened(where) as installation:
        found = _member(installation, workspace, email)
        remove_member(installation, found, actor=COMMAND)
    tell({"email": found.email, "workspace": workspace, "removed": True}, as_json=as_json)


def _member(installation: Installation, workspace: str, email: str) -> Member:
    from remint.issuer.people.accounts import plain_email
    from remint.issuer.people.members import members

    wanted = plain_email(email)
    for member in members(installation, installation.workspaces.named(workspace)):
        if member.email == wanted:
            return member
    raise NotFound(f"{email} is no member of the workspace {workspace!r}")
