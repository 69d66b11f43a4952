"""``remint invitation``: the links into a workspace that nobody has used yet."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json, WorkspaceName
from remint.cli.output import print_rows, tell
from remint.cli.peopletold import told_invitation
from remint.cli.whereabouts import Whereabouts
from remint.issuer.defaults import DEFAULT_WORKSPACE

app = typer.Typer(
    no_args_is_help=True,
    help="Invitations into a workspace that are open. `remint member invite` makes one.",
)


@command(app, "list")
def list_invitations(
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists a workspace's open invitations, newest first. What was used, revoked or ran out is not one."""
    from remint.issuer.people.invitations import invitations

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        found = [told_invitation(each) for each in invitations(installation, home)]
    columns = ("id", "email", "role", "invited_by", "created_at", "expires_at")
    print_rows(
        columns,
        found,
        as_json=as_json,
        empty="There is no open invitation.",
    )


@command(app, "revoke")
def revoke(
    invitation_id: Annotated[
        int,
        typer.Argument(
            help="The invitation: its id in `remint invitation list`.",
            metavar="ID",
            show_default=False,
        ),
    ],
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Ends an open invitation: its link is good no more."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.invitations import revoke_invitation

    with opened(where) as installation:
        home = installation.workspaces.named(workspace)
        revoke_invitation(installation, home, invitation_id, actor=COMMAND)
    tell({"id": invitation_id, "workspace": workspace, "revoked": True}, as_json=as_json)
