"""Invitations: links that are good once, by which people join a workspace."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Moment, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.people import invitations as use
from remint.secret import OwnRepr, Secret
from remint.store import peoplerecords, records

_TAG: Final = "Invitations"
_ALL: Final = "/workspaces/{workspace}/invitations"
_ONE: Final = f"{_ALL}/{{invitation}}"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was asked to join a workspace, and has not yet."""

    id: int
    email: str
    role: records.Role
    invited_by: str
    created_at: Moment | None
    expires_at: Moment | None


class InvitationNew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["ada@example.com"])]
    role: records.Role = "developer"


class InvitationMade(OwnRepr, Invitation, frozen=True, kw_only=True):
    """An invitation, and its link, which is shown once."""

    code: Annotated[Secret, Meta(description="Good once, for seven days. Shown once.")]
    link: Annotated[Secret, Meta(description="Where the invited person goes. It holds the code.")]


def _shown(invitation: peoplerecords.Invitation) -> Invitation:
    return Invitation(**_told(invitation))


def _told(invitation: peoplerecords.Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "invited_by": invitation.invited_by,
        "created_at": moment(invitation.created_at),
        "expires_at": moment(invitation.expires_at),
    }


def _list(call: Call) -> Answer:
    return Answer(
        body=part_of(
            "invitations",
            use.invitations(call.installation, call.workspace),
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=lambda each: each.id,
            show=_shown,
        )
    )


def _create(call: Call) -> Answer:
    call.principal.demand_role(call.body.role, call.workspace)
    made = use.invite(
        call.installation, call.workspace, call.body.email, call.body.role, actor=call.actor
    )
    link = use.link(call.installation, "member", made.code)
    return Answer(body=InvitationMade(**_told(made.invitation), code=made.code, link=link))


def _revoke(call: Call) -> Answer:
    use.revoke_invitation(
        call.installation, call.workspace, call.number("invitation"), actor=call.actor
    )
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_invitations",
        tag=_TAG,
        summary="The open invitations to a workspace",
        handler=_list,
        permission="members:read",
        query=Paging,
        response=Page[Invitation],
        command="invitation list",
        page="members",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_invitation",
        tag=_TAG,
        summary="Ask somebody to join a workspace; the link is shown once",
        description="In a role that may do no more than the key itself.",
        handler=_create,
        permission="members:write",
        request=InvitationNew,
        response=InvitationMade,
        status=201,
        creates=True,
        command="member invite",
        page="member-invite",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="revoke_invitation",
        tag=_TAG,
        summary="Take an invitation back",
        handler=_revoke,
        permission="members:write",
        status=204,
        command="invitation revoke",
        page="invitation-withdraw",
    ),
)
