"""Grants: who has authorized which app."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from remint.grant import Policy
from remint.grant.rules import refresh_expires_at
from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import cursor_for, place_of
from remint.issuer.admin.fields import Claims, Moment, Page, Paging, moment, told_ms
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import ScopeWords, app_of
from remint.issuer.grants import grants as use
from remint.issuer.grants.timeline import Moment as Happened
from remint.issuer.grants.timeline import events_of, timeline
from remint.secret import OwnRepr, Secret
from remint.store import records
from remint.store.protocols import Held

_TAG: Final = "Grants"
_ALL: Final = "/workspaces/{workspace}/grants"
_ONE: Final = f"{_ALL}/{{grant}}"

Subject = Annotated[
    str,
    Meta(min_length=1, max_length=255, description="Your own id for the person or account."),
]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The authorization of an app by a subject. Never a token: none is stored."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    client_id: str
    subject: str
    state: Literal["active", "revoked", "expired"]
    why: Annotated[str, Meta(description="Of a revoked one: by what.", examples=["reuse"])]
    generation: Annotated[int, Meta(description="How many refresh tokens came before this one.")]
    retry_streak: Annotated[
        int, Meta(description="In how many generations running an answer had to be given again.")
    ]
    imported: bool
    created_at: Moment | None
    renewed_at: Moment | None
    expires_at: Annotated[Moment | None, Meta(description="When it ends if it is not used.")]
    ends_at: Annotated[Moment | None, Meta(description="When it ends, used or not.")]
    revoked_at: Moment | None


class GrantEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a grant, or is to come."""

    at: Annotated[Moment | None, Meta(description="null where nobody knows any more.")]
    what: Annotated[str, Meta(examples=["renewed"])]
    words: str
    is_ahead: Annotated[bool, Meta(description="Whether it is to come.")]
    actor: str
    origin: str


class GrantInFull(Grant, frozen=True, kw_only=True):
    """A grant, its terms, and its timeline."""

    scope: ScopeWords
    claims: Claims
    policy: Policy
    timeline: list[GrantEvent]


class GrantNew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant to be made."""

    subject: Subject
    scope: Annotated[
        ScopeWords | None, Meta(description="Left out, all that the app may have.")
    ] = None
    claims: Claims = {}


class GrantMade(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """A new grant, and its first refresh token."""

    client_id: str
    grant: Annotated[str, Meta(description="The grant's id.")]
    refresh_token: Annotated[Secret, Meta(description="Shown once.")]


class GrantQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which grants are wanted."""

    client_id: Annotated[str, Meta(description="Of this app.")] | None = None
    subject: Annotated[str, Meta(description="Of this subject.")] | None = None


def _told(call: Call, held: Held, client_id: str) -> dict[str, Any]:
    grant = held.grant
    state = use.state_of(held, call.installation.clock.now_ms())
    return {
        "id": grant.id.hex(),
        "client_id": client_id,
        "subject": grant.subject,
        "state": state.word,
        "why": state.why,
        "generation": grant.generation,
        "retry_streak": grant.retry_streak,
        "imported": bool(grant.imported),
        "created_at": moment(grant.created_at),
        "renewed_at": told_ms(grant.advanced_at_ms),
        "expires_at": moment(refresh_expires_at(grant, held.terms.policy)),
        "ends_at": moment(grant.expires_at),
        "revoked_at": moment(grant.revoked_at),
    }


def _shown(happened: Happened) -> GrantEvent:
    return GrantEvent(
        at=None if happened.at_ms is None else told_ms(happened.at_ms),
        what=happened.what,
        words=happened.words,
        is_ahead=happened.is_ahead,
        actor=happened.actor,
        origin=happened.origin,
    )


def _list(call: Call) -> Answer:
    query: GrantQuery = call.query
    app = None
    if query.client_id is not None:
        # A development workspace has grants of its parent's apps too: the search says which will do.
        app = call.installation.catalogue.app(query.client_id)
    found = use.search_in(
        call.installation,
        call.workspace,
        app=app,
        subject=query.subject,
        cursor=place_of("grants", query.cursor),
        limit=query.limit,
    )
    apps = call.installation.catalogue.all_numbered({held.grant.app_id for held in found.grants})
    items = [Grant(**_told(call, held, apps[held.grant.app_id].client_id)) for held in found.grants]
    after = None if found.next_cursor is None else cursor_for("grants", found.next_cursor)
    return Answer(body=Page(items=items, next=after))


def _create(call: Call) -> Answer:
    app = app_of(call)
    issued = use.issue_for(
        call.installation,
        app,
        call.body.subject,
        scope=call.body.scope,
        claims=call.body.claims,
        actor=call.actor,
        how="admin",
    )
    number = issued.held.grant.id.hex()
    made = GrantMade(client_id=app.client_id, grant=number, refresh_token=issued.refresh_token)
    return Answer(body=made, location=f"/workspaces/{call.workspace.id}/grants/{number}")


def _held(call: Call) -> tuple[Held, records.App]:
    return use.grant_in(call.installation, call.workspace, call.path["grant"])


def _show(call: Call) -> Answer:
    held, app = _held(call)
    now_ms = call.installation.clock.now_ms()
    events = events_of(call.installation, held)
    return Answer(
        body=GrantInFull(
            **_told(call, held, app.client_id),
            scope=held.terms.scope,
            claims=held.terms.claims,
            policy=held.terms.policy,
            timeline=[_shown(each) for each in timeline(held, events, now_ms)],
        )
    )


def _revoke(call: Call) -> Answer:
    held, _ = _held(call)
    use.revoke_grant(call.installation, held, actor=call.actor)
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_grants",
        tag=_TAG,
        summary="The grants in a workspace, newest first: of an app, of a subject, or all",
        handler=_list,
        permission="grants:read",
        query=GrantQuery,
        response=Page[Grant],
        command="grant list",
        page="grants",
    ),
    Operation(
        method="POST",
        path="/workspaces/{workspace}/apps/{client_id}/grants",
        name="create_grant",
        tag=_TAG,
        summary="Make a grant of an app for a subject; its refresh token is shown once",
        handler=_create,
        permission="grants:write",
        request=GrantNew,
        response=GrantMade,
        status=201,
        creates=True,
        command="grant issue",
        page="no: in the console apps are installed, and people log in",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_grant",
        tag=_TAG,
        summary="One grant, its terms and its timeline",
        handler=_show,
        permission="grants:read",
        response=GrantInFull,
        command="grant show",
        page="grant",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="revoke_grant",
        tag=_TAG,
        summary="Revoke one grant for good",
        description="To do so again is no error.",
        handler=_revoke,
        permission="grants:write",
        status=204,
        command="grant revoke",
        page="grant-revoke",
    ),
)
