"""An app as a sales channel: its code, and the field by which it identifies products."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import App, app_of, shown_app
from remint.issuer.apps import saleschannels as use
from remint.store import records

_TAG: Final = "Sales channels"
_PATH: Final = "/workspaces/{workspace}/apps/{client_id}/sales-channel"


class SalesChannelSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes an app a sales channel."""

    product_identifier: Annotated[
        records.ProductIdentifier,
        Meta(description="The field by which the app identifies products; a claim of its tokens."),
    ]
    code: Annotated[
        str,
        Meta(
            pattern="^([A-Z0-9-]{2,32})?$",
            description="The claim `sales_channel`. Left out, it stays, or is drawn from the app's name.",
            examples=["ACME-ORDERS"],
        ),
    ] = ""


def _turn(call: Call) -> Answer:
    app = use.turn_into_sales_channel(
        call.installation,
        app_of(call),
        call.body.product_identifier,
        code=call.body.code,
        expected=call.expected,
        actor=call.actor,
    )
    return Answer(body=shown_app(app), version=app.version)


def _end(call: Call) -> Answer:
    app = use.end_sales_channel(
        call.installation, app_of(call), expected=call.expected, actor=call.actor
    )
    return Answer(body=shown_app(app), version=app.version)


OPERATIONS: Final = (
    Operation(
        method="PUT",
        path=_PATH,
        name="set_sales_channel",
        tag=_TAG,
        summary="Turn an app into a sales channel, or change it",
        description="Its claims travel from the next renewal on. The version is the app's.",
        handler=_turn,
        permission="apps:write",
        request=SalesChannelSetting,
        response=App,
        versioned="required",
        command="app sales-channel",
        page="app-sales-channel",
    ),
    Operation(
        method="DELETE",
        path=_PATH,
        name="end_sales_channel",
        tag=_TAG,
        summary="Have an app be no sales channel any more",
        description="The version is the app's.",
        handler=_end,
        permission="apps:write",
        response=App,
        versioned="required",
        command="app sales-channel",
        page="app-sales-channel-end",
    ),
)
