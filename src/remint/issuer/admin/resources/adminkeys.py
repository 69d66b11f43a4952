"""Admin keys: by what machines come in here."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Moment, Name, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.people import adminkeys as use
from remint.issuer.people.access import Permission
from remint.secret import OwnRepr, Secret
from remint.store import peoplerecords

_TAG: Final = "Admin keys"
_BOUND: Final = "/workspaces/{workspace}/admin-keys"
_WIDE: Final = "/admin-keys"
_ID: Final = "/{admin_key}"


class AdminKey(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer key of this API, without what it is checked by."""

    id: int
    name: str
    workspace: Annotated[
        int | None, Meta(description="What it is good for; null for the whole installation.")
    ]
    scopes: list[str]
    hint: Annotated[str, Meta(description="Its last four characters.")]
    created_by: str
    created_at: Moment | None
    expires_at: Moment | None
    revoked_at: Moment | None


class AdminKeyNew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made."""

    name: Name
    scopes: Annotated[
        list[Permission],
        Meta(min_length=1, max_length=50, description="Within what your own key may do."),
    ]
    expires_in_days: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=3650,
                description="Within your own key's. Left out, as long as that, or until revoked.",
            ),
        ]
        | None
    ) = None


class AdminKeyMade(OwnRepr, AdminKey, frozen=True, kw_only=True):
    """A key, and the key itself, which is shown once."""

    key: Annotated[Secret, Meta(description="Shown once.")]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: what the key may do."""

    name: str
    workspace: Annotated[
        int | None, Meta(description="What it is bound to; null for the whole installation.")
    ]
    scopes: list[str]


def _told(key: peoplerecords.AdminKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "workspace": key.workspace_id,
        "scopes": list(key.scopes),
        "hint": key.hint,
        "created_by": key.created_by,
        "created_at": moment(key.created_at),
        "expires_at": moment(key.expires_at),
        "revoked_at": moment(key.revoked_at),
    }


def _caller(call: Call) -> Answer:
    principal = call.principal
    return Answer(
        body=Caller(
            name=principal.actor.name,
            workspace=principal.workspace_id,
            scopes=sorted(principal.scopes),
        )
    )


def _list(call: Call) -> Answer:
    return Answer(
        body=part_of(
            "admin-keys",
            use.admin_keys(call.installation, call.within),
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=lambda each: each.id,
            show=lambda each: AdminKey(**_told(each)),
        )
    )


def _create(call: Call) -> Answer:
    made = use.create_admin_key(
        call.installation,
        call.principal,
        call.body.name,
        call.body.scopes,
        workspace=call.within,
        expires_in_days=call.body.expires_in_days,
        actor=call.actor,
    )
    return Answer(body=AdminKeyMade(**_told(made.key), key=made.secret))


def _revoke(call: Call) -> Answer:
    use.revoke_admin_key(call.installation, call.within, call.number("admin_key"), actor=call.actor)
    return Answer()


def _operations(base: str, prefix: str, whose: str, suffix: str) -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET",
            path=base,
            name=f"list_{prefix}admin_keys",
            tag=_TAG,
            summary=f"The admin keys of {whose}",
            handler=_list,
            permission="admin-keys:read",
            query=Paging,
            response=Page[AdminKey],
            command="admin-key list",
            page=f"admin-keys{suffix}",
        ),
        Operation(
            method="POST",
            path=base,
            name=f"create_{prefix}admin_key",
            tag=_TAG,
            summary=f"Make an admin key of {whose}; it is shown once",
            handler=_create,
            permission="admin-keys:write",
            request=AdminKeyNew,
            response=AdminKeyMade,
            status=201,
            creates=True,
            command="admin-key create",
            page=f"admin-key-new{suffix}",
        ),
        Operation(
            method="DELETE",
            path=base + _ID,
            name=f"revoke_{prefix}admin_key",
            tag=_TAG,
            summary=f"End an admin key of {whose}",
            handler=_revoke,
            permission="admin-keys:write",
            status=204,
            command="admin-key revoke",
            page=f"admin-key-revoke{suffix}",
        ),
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/caller",
        name="show_caller",
        tag=_TAG,
        summary="What the key that asks may do",
        handler=_caller,
        permission=None,
        response=Caller,
        command="no: a command has no key",
        page="no: a person sees on every page who they are",
    ),
    *_operations(_BOUND, "", "a workspace", ""),
    *_operations(_WIDE, "installation_", "the whole installation", "-everywhere"),
)
