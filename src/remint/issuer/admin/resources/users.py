"""Users: who may get a first grant by password."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import number_of, page_of
from remint.issuer.admin.fields import Claims, Moment, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import CompanyId
from remint.issuer.tenants import users as use
from remint.secret import OwnRepr, Secret
from remint.store import records

_TAG: Final = "Users"
_ALL: Final = "/workspaces/{workspace}/users"
_ONE: Final = f"{_ALL}/{{user}}"

Password = Annotated[
    Secret, Meta(description="8 characters or more. Left out, one is drawn, and shown once.")
]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may log in by password, through an app of a dialect that has log-in."""

    id: int
    username: str
    subject: Annotated[str, Meta(description="Your own id for the person, which tokens carry.")]
    claims: Claims
    company: CompanyId | None
    disabled: bool
    created_at: Moment | None
    version: int


class UserNew(OwnRepr, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to be made."""

    username: Annotated[str, Meta(min_length=1, max_length=320, examples=["ada@example.com"])]
    password: Password | None = None
    subject: Annotated[
        str,
        Meta(max_length=255, description="Your own id for the person; left out, one is drawn."),
    ] = ""
    claims: Claims = {}
    company: CompanyId | None = None


class UserMade(OwnRepr, User, frozen=True, kw_only=True):
    """A new user, and the password if one was drawn."""

    password: Annotated[Secret | None, Meta(description="Shown once; null for a given one.")]


class UserChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays. Grants stay as they were made."""

    claims: Claims | UnsetType = UNSET
    company: CompanyId | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class PasswordWanted(
    OwnRepr, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Another password."""

    password: Password | None = None


class PasswordMade(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """The password, if one was drawn."""

    password: Annotated[Secret | None, Meta(description="Shown once; null for a given one.")]


class UserQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which users are wanted."""

    query: Annotated[str, Meta(max_length=320, description="A part of the username.")] = ""


def _shown(user: records.User) -> User:
    return User(**_told(user))


def _told(user: records.User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "subject": user.subject,
        "claims": user.claims,
        "company": user.company_id,
        "disabled": bool(user.disabled_at),
        "created_at": moment(user.created_at),
        "version": user.version,
    }


def _user(call: Call) -> records.User:
    return use.user(call.installation, call.workspace, call.number("user"))


def _list(call: Call) -> Answer:
    limit = call.query.limit
    found = use.users(
        call.installation,
        call.workspace,
        query=call.query.query,
        after=number_of("users", call.query.cursor) or 0,
        limit=limit + 1,
    )
    return Answer(
        body=page_of("users", found, limit=limit, place=lambda each: each.id, show=_shown)
    )


def _create(call: Call) -> Answer:
    body = call.body
    made = use.create_user(
        call.installation,
        body.username,
        body.password,
        workspace=call.workspace,
        subject=body.subject,
        claims=body.claims,
        company=body.company,
        actor=call.actor,
    )
    drawn = made.password if body.password is None else None
    return Answer(
        body=UserMade(**_told(made.user), password=drawn),
        version=made.user.version,
        location=f"/workspaces/{call.workspace.id}/users/{made.user.id}",
    )


def _show(call: Call) -> Answer:
    user = _user(call)
    return Answer(body=_shown(user), version=user.version)


def _change(call: Call) -> Answer:
    body = call.body
    changed = use.change_user(
        call.installation,
        _user(call),
        claims=None if body.claims is UNSET else body.claims,
        company=body.company,
        disabled=None if body.disabled is UNSET else body.disabled,
        expected=call.expected,
        actor=call.actor,
    )
    return Answer(body=_shown(changed), version=changed.version)


def _set_password(call: Call) -> Answer:
    given = call.body.password
    chosen = use.set_user_password(
        call.installation, _user(call), given, expected=call.expected, actor=call.actor
    )
    return Answer(body=PasswordMade(password=chosen if given is None else None))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_users",
        tag=_TAG,
        summary="The users of a workspace, oldest first",
        handler=_list,
        permission="users:read",
        query=UserQuery,
        response=Page[User],
        command="user list",
        page="users",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_user",
        tag=_TAG,
        summary="Make a user",
        handler=_create,
        permission="users:write",
        request=UserNew,
        response=UserMade,
        status=201,
        creates=True,
        command="user create",
        page="user-new",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_user",
        tag=_TAG,
        summary="One user",
        handler=_show,
        permission="users:read",
        response=User,
        command="user show",
        page="user",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        name="change_user",
        tag=_TAG,
        summary="Change a user's claims or company, disable or enable them",
        handler=_change,
        permission="users:write",
        request=UserChanges,
        response=User,
        versioned="required",
        command="user change",
        page="user",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/password",
        name="set_user_password",
        tag=_TAG,
        summary="Give a user another password; one that is drawn is shown once",
        handler=_set_password,
        permission="users:write",
        request=PasswordWanted,
        response=PasswordMade,
        versioned="honoured",
        creates=True,
        command="user set-password",
        page="user-password",
    ),
)
