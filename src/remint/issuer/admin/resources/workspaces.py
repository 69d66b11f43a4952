"""Workspaces, production and development."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Moment, Name, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.grants.grants import revoke_subject, revoke_workspace
from remint.issuer.tenants import workspaces as use
from remint.store import records

_TAG: Final = "Workspaces"
_ONE: Final = "/workspaces/{workspace}"


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant: apps, users and members belong to one."""

    id: int
    name: Name
    kind: Literal["production", "development"]
    parent: Annotated[
        int | None, Meta(description="The workspace that a development workspace belongs to.")
    ]
    created_at: Moment | None
    version: int


class WorkspaceNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workspace to be made, or a new name for one."""

    name: Name


class SubjectNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose grants are meant."""

    subject: Annotated[
        str,
        Meta(min_length=1, max_length=1000, description="Your own id for the person or account."),
    ]


def shown(workspace: records.Workspace) -> Workspace:
    """A workspace as it is told."""
    return Workspace(
        id=workspace.id,
        name=workspace.name,
        kind="development" if workspace.kind == "development" else "production",
        parent=workspace.parent_id,
        created_at=moment(workspace.created_at),
        version=workspace.version,
    )


def _one(workspace: records.Workspace, *, location: str = "") -> Answer:
    return Answer(body=shown(workspace), version=workspace.version, location=location)


def _list(call: Call) -> Answer:
    seen = use.workspaces(call.installation, call.principal)
    return Answer(
        body=part_of(
            "workspaces",
            seen,
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=lambda each: each.id,
            show=shown,
        )
    )


def _create(call: Call) -> Answer:
    made = use.create_workspace(call.installation, call.body.name, actor=call.actor)
    return _one(made, location=f"/workspaces/{made.id}")


def _create_development(call: Call) -> Answer:
    made = use.create_workspace(
        call.installation,
        call.body.name,
        kind="development",
        parent=call.workspace,
        actor=call.actor,
    )
    return _one(made, location=f"/workspaces/{made.id}")


def _show(call: Call) -> Answer:
    return _one(call.workspace)


def _rename(call: Call) -> Answer:
    renamed = use.rename_workspace(
        call.installation,
        call.workspace,
        call.body.name,
        expected=call.expected,
        actor=call.actor,
    )
    return _one(renamed)


def _close(call: Call) -> Answer:
    use.close_workspace(call.installation, call.workspace, expected=call.expected, actor=call.actor)
    return Answer()


def _revoke(call: Call) -> Answer:
    revoke_workspace(call.installation, call.workspace, actor=call.actor)
    return Answer()


def _revoke_subject(call: Call) -> Answer:
    revoke_subject(call.installation, call.workspace, call.body.subject, actor=call.actor)
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/workspaces",
        name="list_workspaces",
        tag=_TAG,
        summary="The open workspaces that the key reaches, oldest first",
        handler=_list,
        permission=None,
        query=Paging,
        response=Page[Workspace],
        command="workspace list",
        page="workspaces",
    ),
    Operation(
        method="POST",
        path="/workspaces",
        name="create_workspace",
        tag=_TAG,
        summary="Make a production workspace",
        description="It takes a key of the whole installation.",
        handler=_create,
        permission="workspaces:write",
        request=WorkspaceNamed,
        response=Workspace,
        status=201,
        creates=True,
        command="workspace create",
        page="workspaces",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_workspace",
        tag=_TAG,
        summary="One workspace",
        handler=_show,
        permission="workspaces:read",
        response=Workspace,
        command="workspace show",
        page="workspace-settings",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        name="rename_workspace",
        tag=_TAG,
        summary="Give a workspace another name",
        handler=_rename,
        permission="workspaces:write",
        request=WorkspaceNamed,
        response=Workspace,
        versioned="required",
        command="workspace rename",
        page="workspace-settings",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="close_workspace",
        tag=_TAG,
        summary="Close a development workspace for good: all that is in it is revoked",
        handler=_close,
        permission="workspaces:write",
        status=204,
        versioned="required",
        command="workspace close",
        page="workspace-close",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/development-workspaces",
        name="create_development_workspace",
        tag=_TAG,
        summary="Make a development workspace that belongs to this one",
        handler=_create_development,
        permission="developments:write",
        request=WorkspaceNamed,
        response=Workspace,
        status=201,
        creates=True,
        command="workspace create",
        page="workspace-development",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/revoke-grants",
        name="revoke_grants_of_workspace",
        tag=_TAG,
        summary="Revoke every grant in the workspace made until now, in one step",
        handler=_revoke,
        permission="grants:write",
        status=204,
        command="grant revoke",
        page="workspace-revoke",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/revoke-subject",
        name="revoke_grants_of_subject",
        tag=_TAG,
        summary="Revoke every grant of a subject in the workspace made until now, in one step",
        handler=_revoke_subject,
        permission="grants:write",
        request=SubjectNamed,
        status=204,
        command="grant revoke",
        page="subject-revoke",
    ),
)
