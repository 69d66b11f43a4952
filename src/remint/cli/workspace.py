"""``remint workspace``: tenants, and their development workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import moment, print_json, print_record, print_rows, tell
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.records import Workspace

app = typer.Typer(
    no_args_is_help=True, help="Workspaces: tenants, and development workspaces beneath them."
)

Name = Annotated[
    str, typer.Argument(help="The workspace: its name.", metavar="NAME", show_default=False)
]
NewName = Annotated[
    str, typer.Argument(help="What it is to be called.", metavar="NEW_NAME", show_default=False)
]
DevelopmentOf = Annotated[
    str,
    typer.Option(
        "--development-of",
        help="Make it a development workspace of this one: for trying apps out.",
        metavar="NAME",
        show_default=False,
    ),
]


@command(app, "create")
def create(
    name: Name,
    parent: DevelopmentOf = "",
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes a workspace. What is in it is apart from all others; a development one belongs to another.

    remint workspace create acme
    remint workspace create acme-test --development-of acme
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.workspaces import create_workspace

    with opened(where, create=True) as installation:
        above = installation.workspaces.named(parent) if parent else None
        made = create_workspace(
            installation,
            name,
            kind="development" if above else "production",
            parent=above,
            actor=COMMAND,
        )
        told = _brief(installation, made)
    tell(told, as_json=as_json)


@command(app, "list")
def list_workspaces(*, where: Whereabouts, as_json: Json = False) -> None:
    """Lists the workspaces, oldest first, but for closed ones."""
    from remint.issuer.tenants.workspaces import workspaces

    with opened(where) as installation:
        found = [_brief(installation, each) for each in workspaces(installation)]
    columns = ("id", "name", "kind", "parent", "created_at")
    print_rows(
        columns,
        found,
        as_json=as_json,
        empty="There are no workspaces yet: `remint workspace create NAME` makes one.",
    )


@command(app, "show")
def show(name: Name, *, where: Whereabouts, as_json: Json = False) -> None:
    """Shows a workspace: its development workspaces, its apps, and what is installed in it."""
    from remint.issuer.apps.installations import installed_in

    with opened(where) as installation:
        found = installation.workspaces.named(name)
        told = {
            **_brief(installation, found),
            "development": [each.name for each in installation.workspaces.open(found.id)],
            "apps": [each.client_id for each in installation.catalogue.apps(found.id)],
            "installed": [app.client_id for _, app in installed_in(installation, found)],
        }
    if as_json:
        print_json(told)
        return
    print_record({key: _listed(value) for key, value in told.items()})


@command(app, "rename")
def rename(
    name: Name,
    new_name: NewName,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Gives a workspace another name. Its id, and all that is in it, stay."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.workspaces import rename_workspace

    with opened(where) as installation:
        found = installation.workspaces.named(name)
        told = _brief(installation, rename_workspace(installation, found, new_name, actor=COMMAND))
    tell(told, as_json=as_json)


@command(app, "close")
def close(name: Name, *, where: Whereabouts, as_json: Json = False) -> None:
    """Closes a development workspace for good: all that was granted in it is revoked, and its apps end.

    Apps of the workspace that it belongs to are no longer installed in it. Its name is free again.
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.tenants.workspaces import close_workspace

    with opened(where) as installation:
        close_workspace(installation, installation.workspaces.named(name), actor=COMMAND)
    tell({"name": name, "closed": True}, as_json=as_json)


def _brief(installation: Installation, found: Workspace) -> dict[str, Any]:
    parent = None if found.parent_id is None else installation.workspaces.numbered(found.parent_id)
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "parent": parent and parent.name,
        "created_at": moment(found.created_at),
    }


def _listed(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
