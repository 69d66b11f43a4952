"""Dialects: the wire formats that are served."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from remint import dialect as dialects
from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.fields import Page
from remint.issuer.admin.operation import Operation
from remint.issuer.dialects import find_dialect
from remint.issuer.manual.dialecttold import told

_TAG: Final = "Dialects"


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """A wire format."""

    name: str
    title: str
    summary: str
    endpoints: Annotated[list[str], Meta(examples=[["POST /api/v1/generateToken"]])]
    openapi: Annotated[str, Meta(description="Where its OpenAPI document is.")]


class DialectInFull(Dialect, frozen=True, kw_only=True):
    """A wire format, and what travels where in it."""

    told: Annotated[
        dict[str, Any],
        Meta(description="Fields, examples and refusals, as the manual tells them."),
    ]


def _brief(call: Call, dialect: dialects.Dialect) -> dict[str, Any]:
    return {
        "name": dialect.name,
        "title": dialect.title,
        "summary": dialect.summary,
        "endpoints": [f"{each.method} {each.paths[0]}" for each in dialect.endpoints],
        "openapi": f"{call.installation.settings.base_url}/openapi/{dialect.name}.json",
    }


def _list(call: Call) -> Answer:
    served = [each for each in call.installation.dialects.values() if each.endpoints]
    return Answer(body=Page(items=[Dialect(**_brief(call, each)) for each in served], next=None))


def _show(call: Call) -> Answer:
    dialect = find_dialect(call.installation, call.path["dialect"])
    base_url = call.installation.settings.base_url
    in_full = msgspec.to_builtins(told(dialect, base_url))
    return Answer(body=DialectInFull(**_brief(call, dialect), told=in_full))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/dialects",
        name="list_dialects",
        tag=_TAG,
        summary="The wire formats that apps may speak",
        handler=_list,
        permission=None,
        response=Page[Dialect],
        command="dialect list",
        page="dialects",
    ),
    Operation(
        method="GET",
        path="/dialects/{dialect}",
        name="show_dialect",
        tag=_TAG,
        summary="One wire format: what travels where, with samples",
        handler=_show,
        permission=None,
        response=DialectInFull,
        command="dialect show",
        page="dialect",
    ),
)
