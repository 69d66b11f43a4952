"""Installations: an app in its own workspace, or in a development workspace of it, with a refresh token."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from remint.errors import ConfigurationError
from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Moment, Name, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import app_of
from remint.issuer.apps import installations as use
from remint.issuer.grants.issuing import Issued
from remint.issuer.tenants.workspaces import workspace as workspace_numbered
from remint.secret import OwnRepr, Secret
from remint.store import records

_TAG: Final = "Installations"
_ALL: Final = "/workspaces/{workspace}/apps/{client_id}/installations"
_ONE: Final = f"{_ALL}/{{installation}}"


class AppInstallation(msgspec.Struct, frozen=True, kw_only=True):
    """An app that is installed in a workspace."""

    id: int
    workspace: Annotated[int, Meta(description="Where it is installed.")]
    workspace_name: str
    kind: str
    subject: Annotated[str, Meta(description="Whom its grants are for.", examples=["workspace:7"])]
    created_at: Moment | None


class InstallationNew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to install. With nothing said, in the app's own workspace."""

    workspace: Annotated[
        int | None,
        Meta(description="A workspace that there is: the app's own, or a development one of it."),
    ] = None
    development_workspace: Annotated[
        Name | None, Meta(description="The name of a development workspace to be made for it.")
    ] = None


class InstallationMade(OwnRepr, AppInstallation, frozen=True, kw_only=True):
    """A new installation, and its refresh token."""

    client_id: str
    grant: Annotated[str, Meta(description="The id of its grant.")]
    refresh_token: Annotated[Secret, Meta(description="Shown once. A new one can be made.")]


class RefreshTokenMade(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """A new grant of an installation; its grants before this one stay good."""

    client_id: str
    grant: Annotated[str, Meta(description="The id of the new grant.")]
    refresh_token: Annotated[Secret, Meta(description="Shown once.")]


def _told(installed: records.AppInstallation, place: records.Workspace) -> dict[str, Any]:
    return {
        "id": installed.id,
        "workspace": place.id,
        "workspace_name": place.name,
        "kind": place.kind,
        "subject": place.subject,
        "created_at": moment(installed.created_at),
    }


def _list(call: Call) -> Answer:
    return Answer(
        body=part_of(
            "installations",
            use.installations_of(call.installation, app_of(call)),
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=lambda each: each[0].id,
            show=lambda each: AppInstallation(**_told(*each)),
        )
    )


def _install(call: Call) -> Answer:
    app, body = app_of(call), call.body
    options: Any = {"expected": call.expected, "actor": call.actor}
    if body.development_workspace is not None:
        if body.workspace is not None:
            raise ConfigurationError(
                "either a workspace that there is, or a new one",
                key="development_workspace",
                expected="one of the two",
            )
        call.principal.demand("developments:write", call.workspace)
        made = use.install_in_development(
            call.installation, app, body.development_workspace, **options
        )
    else:
        number = call.workspace.id if body.workspace is None else body.workspace
        place = workspace_numbered(call.installation, number)
        made = use.install(call.installation, app, place, **options)
    return Answer(
        body=InstallationMade(
            **_told(made.installation, made.workspace), **_issued(app, made.issued)
        )
    )


def _uninstall(call: Call) -> Answer:
    use.uninstall(
        call.installation,
        app_of(call),
        call.number("installation"),
        expected=call.expected,
        actor=call.actor,
    )
    return Answer()


def _renew(call: Call) -> Answer:
    app = app_of(call)
    issued = use.new_refresh_token(
        call.installation, app, call.number("installation"), actor=call.actor
    )
    return Answer(body=RefreshTokenMade(**_issued(app, issued)))


def _issued(app: records.App, issued: Issued) -> dict[str, Any]:
    return {
        "client_id": app.client_id,
        "grant": issued.held.grant.id.hex(),
        "refresh_token": issued.refresh_token,
    }


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_installations",
        tag=_TAG,
        summary="Where an app is installed",
        handler=_list,
        permission="apps:read",
        query=Paging,
        response=Page[AppInstallation],
        command="app show",
        page="app-installations",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="install_app",
        tag=_TAG,
        summary="Install an app; its refresh token is shown once",
        description="In its own workspace, in a development workspace, or in a new one, for which the key "
        "needs `developments:write` as well.",
        handler=_install,
        permission="apps:write",
        request=InstallationNew,
        response=InstallationMade,
        status=201,
        versioned="honoured",
        creates=True,
        command="app install",
        page="app-install",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="uninstall_app",
        tag=_TAG,
        summary="Take an app out of a workspace, and revoke what it was granted there",
        handler=_uninstall,
        permission="apps:write",
        status=204,
        versioned="honoured",
        command="app uninstall",
        page="app-uninstall",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/refresh-tokens",
        name="create_refresh_token",
        tag=_TAG,
        summary="Make a further refresh token for an installation; it is shown once",
        handler=_renew,
        permission="apps:write",
        response=RefreshTokenMade,
        status=201,
        creates=True,
        command="app refresh-token",
        page="app-refresh-token",
    ),
)
