"""Apps: the clients that may renew."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Meta, UnsetType

from remint.grant import Policy
from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import number_of, page_of
from remint.issuer.admin.fields import Claims, Moment, Name, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.apps.apps import AppDraft, app_in, apps_in, create_app, switch
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.grants.grants import revoke_app
from remint.secret import OwnRepr, Secret
from remint.store import records

_TAG: Final = "Apps"
_ALL: Final = "/workspaces/{workspace}/apps"
_ONE: Final = f"{_ALL}/{{client_id}}"

Description = Annotated[str, Meta(max_length=1000, description="What it does, in your words.")]
ScopeWords = Annotated[
    str,
    Meta(
        max_length=2000,
        description="What its grants may cover: words separated by spaces.",
        examples=["openid orders:read"],
    ),
]
Audience = Annotated[
    str,
    Meta(
        max_length=500,
        description="Whom its access tokens are for; empty for the issuer's own address.",
    ),
]
Preset = Annotated[
    str,
    Meta(
        description="Begin with a standard's rules: a name of GET /admin/v1/policies.",
        examples=["rfc9700-confidential"],
    ),
]
Rules = Annotated[
    dict[str, Any],
    Meta(
        description="The rules that differ, for grants made from now on.",
        examples=[{"access_lifetime_seconds": 900}],
    ),
]
CompanyId = Annotated[int, Meta(description="The id of a company of the workspace.")]
ExistingCredential = Annotated[
    Secret, Meta(description="One that the client has already, from the system before this one.")
]


class SalesChannel(msgspec.Struct, frozen=True, kw_only=True):
    """What makes an app a sales channel: both are claims of its access tokens."""

    code: Annotated[str, Meta(examples=["ACME-ORDERS"])]
    product_identifier: records.ProductIdentifier


class App(msgspec.Struct, frozen=True, kw_only=True):
    """A client. Its version grows with its secrets, keys, installations and sales channel, too."""

    client_id: str
    number: Annotated[
        int | None, Meta(description="The number that some dialects know it by (`partnerId`).")
    ]
    name: str
    description: str
    dialect: str
    authentication: records.Authentication
    disabled: bool
    scope: ScopeWords
    audience: Audience
    claims: Claims
    policy: Policy
    company: CompanyId | None
    sales_channel: SalesChannel | None
    created_at: Moment | None
    version: int


class AppNew(OwnRepr, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An app to be made. How it authenticates, and its policy, follow from the dialect."""

    name: Name
    dialect: Annotated[str, Meta(description="The wire format it speaks.", examples=["eshopbox"])]
    description: Description = ""
    client_id: Annotated[
        str, Meta(max_length=200, description="The id that it has already; else one is drawn.")
    ] = ""
    number: Annotated[
        int | None,
        Meta(description="In dialects that know clients by a number; else the next free one."),
    ] = None
    public: Annotated[bool, Meta(description="It cannot keep a secret, so it shows none.")] = False
    scope: ScopeWords = ""
    audience: Audience = ""
    claims: Claims = {}
    company: CompanyId | None = None
    preset: Preset | None = None
    policy: Rules = {}
    existing: ExistingCredential | None = None


class AppMade(OwnRepr, App, frozen=True, kw_only=True):
    """A new app, and what it authenticates with."""

    client_secret: Annotated[Secret | None, Meta(description="Shown once.")] = None
    api_key: Annotated[Secret | None, Meta(description="Shown once.")] = None


class AppChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays.

    Scope, preset and policy hold for grants made from then on. A preset of null is the dialect's own.
    """

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    scope: ScopeWords | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    claims: Claims | UnsetType = UNSET
    company: CompanyId | UnsetType | None = UNSET
    preset: Preset | UnsetType | None = UNSET
    policy: Rules | UnsetType = UNSET


class AppQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which apps are wanted."""

    query: Annotated[
        str, Meta(max_length=200, description="A part of the name or of the client id.")
    ] = ""


def app_of(call: Call) -> records.App:
    """The app that the path names, in the workspace that it names. Raises ``NotFound``."""
    return app_in(call.installation, call.workspace, call.path["client_id"])


def shown_app(app: records.App) -> App:
    """An app as it is told."""
    return App(**_told(app))


def _told(app: records.App) -> dict[str, Any]:
    channel = None
    if app.sales_channel is not None:
        channel = {"code": app.sales_channel, "product_identifier": app.product_identifier}
    return {
        "client_id": app.client_id,
        "number": app.number,
        "name": app.name,
        "description": app.description,
        "dialect": app.dialect,
        "authentication": app.authentication,
        "disabled": bool(app.disabled_at),
        "scope": app.scope,
        "audience": app.audience,
        "claims": app.claims,
        "policy": app.policy,
        "company": app.company_id,
        "sales_channel": channel,
        "created_at": moment(app.created_at),
        "version": app.version,
    }


def _list(call: Call) -> Answer:
    limit = call.query.limit
    found = apps_in(
        call.installation,
        call.workspace,
        query=call.query.query,
        after=number_of("apps", call.query.cursor) or 0,
        limit=limit + 1,
    )
    return Answer(
        body=page_of("apps", found, limit=limit, place=lambda each: each.id, show=shown_app)
    )


def _create(call: Call) -> Answer:
    given = msgspec.structs.asdict(call.body)
    draft = AppDraft(workspace=call.workspace, **given)
    made = create_app(call.installation, draft, actor=call.actor)
    is_ours = call.body.existing is None
    body = AppMade(
        **_told(made.app),
        client_secret=made.client_secret if is_ours else None,
        api_key=made.api_key if is_ours else None,
    )
    location = f"/workspaces/{call.workspace.id}/apps/{quote(made.app.client_id, safe='')}"
    return Answer(body=body, version=made.app.version, location=location)


def _show(call: Call) -> Answer:
    app = app_of(call)
    return Answer(body=shown_app(app), version=app.version)


def _change(call: Call) -> Answer:
    changes = AppChanges(**msgspec.structs.asdict(call.body))
    changed = change_app(
        call.installation, app_of(call), changes, expected=call.expected, actor=call.actor
    )
    return Answer(body=shown_app(changed), version=changed.version)


def _switch(call: Call, *, on: bool) -> Answer:
    changed = switch(
        call.installation, app_of(call), on=on, expected=call.expected, actor=call.actor
    )
    return Answer(body=shown_app(changed), version=changed.version)


def _disable(call: Call) -> Answer:
    return _switch(call, on=False)


def _enable(call: Call) -> Answer:
    return _switch(call, on=True)


def _revoke(call: Call) -> Answer:
    revoke_app(call.installation, app_of(call), expected=call.expected, actor=call.actor)
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_apps",
        tag=_TAG,
        summary="The apps of a workspace, oldest first",
        handler=_list,
        permission="apps:read",
        query=AppQuery,
        response=Page[App],
        command="app list",
        page="apps",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_app",
        tag=_TAG,
        summary="Make an app; its secret or API key is shown once",
        handler=_create,
        permission="apps:write",
        request=AppNew,
        response=AppMade,
        status=201,
        creates=True,
        command="app create",
        page="app-new",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_app",
        tag=_TAG,
        summary="One app",
        handler=_show,
        permission="apps:read",
        response=App,
        command="app show",
        page="app",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        name="change_app",
        tag=_TAG,
        summary="Change what an app is called, what its tokens say, and the policy of its next grants",
        handler=_change,
        permission="apps:write",
        request=AppChange,
        response=App,
        versioned="required",
        command="app change",
        page="app-edit",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/disable",
        name="disable_app",
        tag=_TAG,
        summary="Have an app refused, within a second, like one that does not exist; its grants stay",
        handler=_disable,
        permission="apps:write",
        response=App,
        versioned="honoured",
        command="app disable",
        page="app-disable",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/enable",
        name="enable_app",
        tag=_TAG,
        summary="Let a disabled app renew again",
        handler=_enable,
        permission="apps:write",
        response=App,
        versioned="honoured",
        command="app enable",
        page="app-enable",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/revoke-grants",
        name="revoke_grants_of_app",
        tag=_TAG,
        summary="Revoke every grant of an app made until now, in one step",
        handler=_revoke,
        permission="grants:write",
        status=204,
        versioned="honoured",
        command="grant revoke",
        page="app-revoke",
    ),
)
