"""Policies to choose from: the standards' presets, and what each dialect proposes."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from remint.grant import Policy
from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.fields import Page
from remint.issuer.admin.operation import Operation
from remint.issuer.apps import policychoices as use


class PolicyRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a policy, in words."""

    key: Annotated[str, Meta(examples=["access_lifetime_seconds"])]
    title: str
    value: Any
    words: str


class PolicyChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A policy to begin with."""

    kind: Annotated[
        Literal["preset", "dialect"],
        Meta(description="A `preset` may be named for any app; a dialect's is that of its apps."),
    ]
    name: str
    title: str
    standard: Annotated[str, Meta(description="Where its rules are from.")]
    summary: str
    policy: Policy
    rules: list[PolicyRule]


def _shown(choice: use.PolicyChoice) -> PolicyChoice:
    rules = [PolicyRule(**msgspec.structs.asdict(rule)) for rule in choice.rules]
    return PolicyChoice(**{**msgspec.structs.asdict(choice), "rules": rules})


def _list(call: Call) -> Answer:
    choices = use.policies(call.installation)
    return Answer(body=Page(items=[_shown(each) for each in choices], next=None))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/policies",
        name="list_policies",
        tag="Policies",
        summary="The policies to begin with: the standards' presets, and the dialects' own",
        handler=_list,
        permission=None,
        response=Page[PolicyChoice],
        command="policy list",
        page="app-policy",
    ),
)
