"""The audit trail: who did what, when, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import number_of, page_of
from remint.issuer.admin.fields import USUAL_PAGE, Cursor, Limit, Moment, Page, to_ms, told_ms
from remint.issuer.admin.operation import Operation
from remint.issuer.upkeep import audit as use
from remint.store.protocols import AuditEvent

_TAG: Final = "Audit trail"
_WIDE: Final = "/audit"
_BOUND: Final = "/workspaces/{workspace}/audit"
_LINES: Final = "application/jsonl"


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events are wanted: all, if nothing is said."""

    event: Annotated[str, Meta(description="Its name.", examples=["secret_rotated"])] | None = None
    client_id: Annotated[str, Meta(description="Of this app.")] | None = None
    actor: Annotated[str, Meta(description="By this one.", examples=["ada@example.com"])] | None = (
        None
    )
    grant: Annotated[str, Meta(description="Of this grant, by its id.")] | None = None
    since: Moment | None = None
    until: Moment | None = None


class AuditQuery(AuditFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events are wanted, and which part of them."""

    cursor: Cursor | None = None
    limit: Limit = USUAL_PAGE


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    id: int
    at: Moment
    event: str
    actor: Annotated[str, Meta(description="Who: an e-mail address, a key's name, or `command`.")]
    origin: Annotated[str, Meta(description="The address that they came from, where it is known.")]
    workspace: int | None
    client_id: str | None
    grant: str | None
    detail: dict[str, Any]


def _shown(number: int, event: AuditEvent, client_ids: Mapping[int, str]) -> Event:
    return Event(
        id=number,
        at=told_ms(event.at_ms),
        event=event.event,
        actor=event.actor,
        origin=event.origin,
        workspace=event.workspace_id,
        client_id=None if event.app_id is None else client_ids.get(event.app_id),
        grant=None if event.grant_id is None else event.grant_id.hex(),
        detail=event.detail,
    )


def _wanted(call: Call) -> use.Search:
    query: AuditFilter = call.query
    return use.Search(
        workspace_id=None if call.within is None else call.within.id,
        event=query.event,
        client_id=query.client_id,
        actor=query.actor,
        grant=query.grant,
        since_ms=to_ms(query.since),
        until_ms=to_ms(query.until),
    )


def _client_ids(call: Call, found: list[tuple[int, AuditEvent]]) -> dict[int, str]:
    """The client ids of the apps that events are of, by the apps' numbers."""
    numbers = {event.app_id for _, event in found if event.app_id is not None}
    catalogue = call.installation.catalogue
    return {number: catalogue.app_numbered(number).client_id for number in numbers}


def _list(call: Call) -> Answer:
    limit = call.query.limit
    found = use.search(
        call.installation,
        _wanted(call),
        before=number_of("audit", call.query.cursor),
        limit=limit + 1,
    )
    names = _client_ids(call, found)
    return Answer(
        body=page_of(
            "audit",
            found,
            limit=limit,
            place=lambda each: each[0],
            show=lambda each: _shown(*each, names),
        )
    )


def _export(call: Call) -> Answer:
    return Answer(stream=use.export(call.installation, _wanted(call)))


def _operations(path: str, prefix: str, whose: str, suffix: str) -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET",
            path=path,
            name=f"list_{prefix}events",
            tag=_TAG,
            summary=f"What happened in {whose}, newest first",
            handler=_list,
            permission="audit:read",
            query=AuditQuery,
            response=Page[Event],
            command="audit list",
            page=f"audit{suffix}",
        ),
        Operation(
            method="GET",
            path=f"{path}.jsonl",
            name=f"export_{prefix}events",
            tag=_TAG,
            summary=f"What happened in {whose}, oldest first, as JSON lines",
            description="Each line is an event. It is written while it is read, so it may be long.",
            handler=_export,
            permission="audit:read",
            query=AuditFilter,
            media_type=_LINES,
            command="audit export",
            page=f"audit-export{suffix}",
        ),
    )


OPERATIONS: Final = (
    *_operations(_BOUND, "", "a workspace", ""),
    *_operations(_WIDE, "installation_", "the whole installation", "-everywhere"),
)
