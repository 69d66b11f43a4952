"""Members: people and their roles in a workspace."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Moment, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.people import members as use
from remint.store import peoplerecords, records

_TAG: Final = "Members"
_ALL: Final = "/workspaces/{workspace}/members"
_ONE: Final = f"{_ALL}/{{member}}"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a person in a workspace."""

    id: int
    account: Annotated[int, Meta(description="The account's id.")]
    email: str
    name: str
    role: records.Role
    created_at: Moment | None
    version: int


class MemberChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another role."""

    role: Annotated[
        records.Role,
        Meta(
            description="An `owner` may do everything, a `developer` everything but members and keys, "
            "a `viewer` looks on."
        ),
    ]


def _shown(member: peoplerecords.Member) -> Member:
    return Member(
        id=member.id,
        account=member.account_id,
        email=member.email,
        name=member.name,
        role=member.role,
        created_at=moment(member.created_at),
        version=member.version,
    )


def _member(call: Call) -> peoplerecords.Member:
    return use.member(call.installation, call.workspace, call.number("member"))


def _list(call: Call) -> Answer:
    return Answer(
        body=part_of(
            "members",
            use.members(call.installation, call.workspace),
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=lambda each: each.id,
            show=_shown,
        )
    )


def _show(call: Call) -> Answer:
    member = _member(call)
    return Answer(body=_shown(member), version=member.version)


def _change(call: Call) -> Answer:
    call.principal.demand_role(call.body.role, call.workspace)
    changed = use.set_role(
        call.installation,
        _member(call),
        call.body.role,
        expected=call.expected,
        actor=call.actor,
    )
    return Answer(body=_shown(changed), version=changed.version)


def _remove(call: Call) -> Answer:
    use.remove_member(call.installation, _member(call), expected=call.expected, actor=call.actor)
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_members",
        tag=_TAG,
        summary="Who belongs to a workspace, and in which role",
        handler=_list,
        permission="members:read",
        query=Paging,
        response=Page[Member],
        command="member list",
        page="members",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_member",
        tag=_TAG,
        summary="One member",
        handler=_show,
        permission="members:read",
        response=Member,
        command="member list",
        page="member",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        name="set_role",
        tag=_TAG,
        summary="Give a member another role",
        description="No more than the key itself may do. The last owner of a workspace stays one.",
        handler=_change,
        permission="members:write",
        request=MemberChanges,
        response=Member,
        versioned="required",
        command="member set-role",
        page="member",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="remove_member",
        tag=_TAG,
        summary="Take somebody out of a workspace",
        description="The last owner of a workspace stays.",
        handler=_remove,
        permission="members:write",
        status=204,
        versioned="required",
        command="member remove",
        page="member-remove",
    ),
)
