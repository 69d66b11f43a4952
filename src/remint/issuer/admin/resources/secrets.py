"""Client secrets: two may be good at once, so that no call fails while one takes the other's place."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.fields import Moment, Page, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import app_of
from remint.issuer.apps import credentials as use
from remint.issuer.defaults import DEFAULT_OVERLAP_SECONDS
from remint.secret import OwnRepr, Secret

_TAG: Final = "Client secrets"
_ALL: Final = "/workspaces/{workspace}/apps/{client_id}/secrets"
_ONE: Final = f"{_ALL}/{{secret}}"
_LONGEST_OVERLAP: Final = 31_536_000


class ClientSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A client secret, without the secret."""

    id: int
    hint: Annotated[
        str, Meta(description="Its last four characters; empty for one that came from elsewhere.")
    ]
    created_at: Moment | None
    expires_at: Annotated[Moment | None, Meta(description="null for never.")]


class SecretWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the present secret stays good."""

    overlap_seconds: Annotated[
        int, Meta(ge=0, le=_LONGEST_OVERLAP, description="0 ends the present one at once.")
    ] = DEFAULT_OVERLAP_SECONDS


class SecretMade(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """A new client secret."""

    client_id: str
    client_secret: Annotated[Secret, Meta(description="Shown once.")]


def _list(call: Call) -> Answer:
    items = [
        ClientSecret(
            id=each.id,
            hint=each.hint,
            created_at=moment(each.created_at),
            expires_at=moment(each.expires_at),
        )
        for each in app_of(call).secrets
    ]
    return Answer(body=Page(items=items, next=None))


def _create(call: Call) -> Answer:
    app = app_of(call)
    secret = use.rotate_secret(
        call.installation,
        app,
        overlap_seconds=call.body.overlap_seconds,
        expected=call.expected,
        actor=call.actor,
    )
    return Answer(body=SecretMade(client_id=app.client_id, client_secret=secret))


def _end(call: Call) -> Answer:
    use.end_secret(
        call.installation,
        app_of(call),
        call.number("secret"),
        expected=call.expected,
        actor=call.actor,
    )
    return Answer()


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_secrets",
        tag=_TAG,
        summary="The newest two client secrets of an app, by when they were made and end",
        handler=_list,
        permission="apps:read",
        response=Page[ClientSecret],
        command="app show",
        page="app-secrets",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_secret",
        tag=_TAG,
        summary="Give an app a new client secret; it is shown once",
        handler=_create,
        permission="apps:write",
        request=SecretWanted,
        response=SecretMade,
        status=201,
        versioned="honoured",
        creates=True,
        command="app rotate-secret",
        page="app-secrets",
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        name="end_secret",
        tag=_TAG,
        summary="End a client secret now",
        handler=_end,
        permission="apps:write",
        status=204,
        versioned="honoured",
        command="app end-secret",
        page="app-secret-end",
    ),
)
