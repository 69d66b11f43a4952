"""``remint admin-key``: what machines show to the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import print_json, print_table, tell
from remint.cli.peopletold import told_admin_key
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.records import Workspace

app = typer.Typer(no_args_is_help=True, help="Admin keys: what machines show to the admin API.")

Where = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        help="The tenant that the key is for; else the whole installation.",
        metavar="NAME",
        show_default=False,
    ),
]


@command(app, "create")
def create(
    name: Annotated[
        str,
        typer.Argument(
            help="What the audit trail calls it, such as deploy.",
            metavar="NAME",
            show_default=False,
        ),
    ],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            help="What it may do, such as apps:write. Again for more.",
            metavar="SCOPE",
            show_default=False,
        ),
    ],
    days: Annotated[
        int | None,
        typer.Option("--days", help="It runs out after so many days; else never.", metavar="N"),
    ] = None,
    workspace: Where = None,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes a key, shown once. A scope that is none is answered with those that there are.

    remint admin-key create deploy --scope apps:read --scope apps:write --workspace acme --days 90
    remint admin-key create monitoring --scope activity:read
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.access import Principal
    from remint.issuer.people.adminkeys import create_admin_key

    with opened(where) as installation:
        made = create_admin_key(
            installation,
            Principal(COMMAND, is_operator=True),
            name,
            scope,
            workspace=_workspace(installation, workspace),
            expires_in_days=days,
            actor=COMMAND,
        )
    told = {**told_admin_key(made.key), "admin_key": made.secret.reveal()}
    tell(told, as_json=as_json, secret="admin key")


@command(app, "list")
def list_keys(workspace: Where = None, *, where: Whereabouts, as_json: Json = False) -> None:
    """Lists the keys of a workspace, or those of the whole installation, oldest first."""
    from remint.issuer.people.adminkeys import admin_keys

    with opened(where) as installation:
        kept = admin_keys(installation, _workspace(installation, workspace))
    found = [told_admin_key(key) for key in kept]
    if as_json:
        print_json(found)
        return
    columns = ("id", "name", "hint", "scopes", "created_at", "expires_at", "revoked_at")
    shown = [{**each, "scopes": " ".join(each["scopes"])} for each in found]
    print_table(
        columns, ([each[key] for key in columns] for each in shown), empty="There is no admin key."
    )


@command(app, "revoke")
def revoke(
    key_id: Annotated[
        int,
        typer.Argument(
            help="The key: its id in `remint admin-key list`.", metavar="ID", show_default=False
        ),
    ],
    workspace: Where = None,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Ends a key for good, from its next request on."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.people.adminkeys import revoke_admin_key

    with opened(where) as installation:
        home = _workspace(installation, workspace)
        revoke_admin_key(installation, home, key_id, actor=COMMAND)
    tell({"id": key_id, "revoked": True}, as_json=as_json)


def _workspace(installation: Installation, name: str | None) -> Workspace | None:
    return None if name is None else installation.workspaces.named(name)
