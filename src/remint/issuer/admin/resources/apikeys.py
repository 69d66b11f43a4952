"""API keys: what the apps of some dialects show instead of a secret. An app may have several."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Moment, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import ExistingCredential, app_of
from remint.issuer.apps import credentials as use
from remint.secret import OwnRepr, Secret
from remint.store import records

_TAG: Final = "API keys"
_ALL: Final = "/workspaces/{workspace}/apps/{client_id}/api-keys"
_ONE: Final = f"{_ALL}/{{api_key}}"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without the key."""

    id: int
    hint: Annotated[
        str, Meta(description="Its last four characters; empty for one that came from elsewhere.")
    ]
    created_at: Moment | None
    revoked_at: Moment | None


class ApiKeyNew(OwnRepr, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made, or one that the client has already."""

    existing: ExistingCredential | None = None


class ApiKeyMade(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """A new API key."""

    client_id: str
    id: int
    api_key: Annotated[
        Secret | None, Meta(description="Shown once; null for one that the client had already.")
    ]


def _shown(key: records.ApiKey) -> ApiKey:
    return ApiKey(
        id=key.id,
        hint=key.hint,
        created_at=moment(key.created_at),
        revoked_at=moment(key.revoked_at),
    )


def _list(call: Call) -> Answer:
    return Answer(
        body=part_of(
            "api-keys",
            call.installation.credentials.api_keys(app_of(call)),
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=lambda each: each.id,
            show=_shown,
        )
    )


def _create(call: Call) -> Answer:
    app, existing = app_of(call), call.body.existing
    with call.installation.database.write():
        key = use.add_api_key(
            call.installation, app, existing, expected=call.expected, actor=call.actor
        )
        number = call.installation.credentials.api_keys(app)[-1].id
    return Answer(
        body=ApiKeyMade(
            client_id=app.client_id, id=number, api_key=None if existing is not None else key
        )
    )


def _revoke(call: Call) -> Answer:
    use.revoke_api_key(
        call.installation,
        app_of(call),
        call.number("api_key"),
        expected=call.expected,
        actor=call.actor,
    )
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_api_keys",
        tag=_TAG,
        summary="The API keys of an app, oldest first",
        handler=_list,
        permission="apps:read",
        query=Paging,
        response=Page[ApiKey],
        command="api-key list",
        page="app-api-keys",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_api_key",
        tag=_TAG,
        summary="Give an app a further API key; it is shown once",
        handler=_create,
        permission="apps:write",
        request=ApiKeyNew,
        response=ApiKeyMade,
        status=201,
        versioned="honoured",
        creates=True,
        command="api-key create",
        page="app-api-keys",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="revoke_api_key",
        tag=_TAG,
        summary="End an API key for good",
        handler=_revoke,
        permission="apps:write",
        status=204,
        versioned="honoured",
        command="api-key revoke",
        page="app-api-key-revoke",
    ),
)
