"""Keys: what signs access tokens and makes refresh tokens. Never a key itself, but for a shared one."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.fields import Moment, Page, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.upkeep.keyuse import rotate_keys, share_secret, tell_keys
from remint.secret import OwnRepr, Secret

_TAG: Final = "Keys"

Audience = Annotated[
    str,
    Meta(min_length=1, max_length=2000, examples=["https://api.example.com"]),
]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key, told without its secret."""

    id: str
    use: Literal["access tokens", "refresh tokens", "imported tokens"]
    algorithm: str
    audience: Annotated[str | None, Meta(description="Of an HS256 key: whom it is shared with.")]
    state: Annotated[
        Literal["published", "active", "retired"],
        Meta(description="`published` before it is used; `retired`: it only verifies."),
    ]
    created_at: Moment | None
    starts_at: Moment | None
    ends_at: Moment | None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which keys are to have successors; with none named, all but the HS256 keys, which others hold."""

    algorithms: Annotated[
        list[Literal["ES256", "RS256", "EdDSA"]],
        Meta(max_length=3, description="The signing keys of these."),
    ] = []
    audience: Annotated[Audience | None, Meta(description="The HS256 key of this audience.")] = None
    refresh: Annotated[bool, Meta(description="The key of refresh tokens.")] = False
    emergency: Annotated[
        bool,
        Meta(
            description="A signing key has leaked: the new one signs at once, and the old one ends."
        ),
    ] = False


class SharedKeyWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose key is to be shown."""

    audience: Audience


class SharedKey(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """An HS256 key. Whoever has it can make access tokens for that audience."""

    audience: str
    key: Annotated[Secret, Meta(description="Hexadecimal.")]


def _shown(told: dict[str, Any]) -> Key:
    times = {name: moment(told[name]) for name in ("created_at", "starts_at", "ends_at")}
    return Key(**{**told, **times})


def _list(call: Call) -> Answer:
    return Answer(
        body=Page(items=[_shown(each) for each in tell_keys(call.installation)], next=None)
    )


def _rotate(call: Call) -> Answer:
    before = {each["id"] for each in tell_keys(call.installation)}
    rotate_keys(
        call.installation,
        algorithms=call.body.algorithms,
        audience=call.body.audience,
        refresh=call.body.refresh,
        emergency=call.body.emergency,
        actor=call.actor,
    )
    new = [_shown(each) for each in tell_keys(call.installation) if each["id"] not in before]
    return Answer(body=Page(items=new, next=None))


def _share(call: Call) -> Answer:
    key = share_secret(call.installation, call.body.audience, actor=call.actor)
    return Answer(body=SharedKey(audience=call.body.audience, key=key))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/keys",
        name="list_keys",
        tag=_TAG,
        summary="The keys, and when each is in use",
        handler=_list,
        permission="keys:read",
        response=Page[Key],
        command="key list",
        page="signing-keys",
    ),
    Operation(
        method="POST",
        path="/keys/rotate",
        name="rotate_keys",
        tag=_TAG,
        summary="Make new keys",
        description="No client notices, unless it is an emergency. The answer has the new keys.",
        handler=_rotate,
        permission="keys:write",
        request=Rotation,
        response=Page[Key],
        command="key rotate",
        page="keys-rotate",
    ),
    Operation(
        method="POST",
        path="/keys/share",
        name="share_key",
        tag=_TAG,
        summary="Show the HS256 key of an audience, for that resource server alone",
        handler=_share,
        permission="keys:write",
        request=SharedKeyWanted,
        response=SharedKey,
        command="key share",
        page="key-share",
    ),
)
