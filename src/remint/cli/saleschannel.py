"""``remint app sales-channel``: by which field an app knows products."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli.opening import opened
from remint.cli.options import ClientId, Json
from remint.cli.output import tell
from remint.cli.whereabouts import Whereabouts

Identifier = Annotated[
    str,
    typer.Option(
        "--identifier",
        help="The field that products are known by: sku, esin, ean, upc or gtin.",
        metavar="FIELD",
        show_default=False,
    ),
]
Code = Annotated[
    str,
    typer.Option(
        help="The channel's code; else it keeps its own, or one is drawn from the app's name.",
        metavar="CODE",
        show_default=False,
    ),
]
End = Annotated[bool, typer.Option("--end", help="It is no sales channel any longer.", metavar="")]


def sales_channel(
    client_id: ClientId,
    identifier: Identifier = "",
    code: Code = "",
    end: End = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Turns an app into a sales channel, or changes the field by which it knows products.

    From the next renewal on, its access tokens carry the claims sales_channel and product_identifier.

        remint app sales-channel CLIENT_ID --identifier sku
        remint app sales-channel CLIENT_ID --identifier ean --code ACME-EU
        remint app sales-channel CLIENT_ID --end
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.saleschannels import end_sales_channel, turn_into_sales_channel

    if end == bool(identifier or code) or (code and not identifier):
        raise typer.BadParameter("give --identifier, with --code if you like, or --end alone")
    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        if end:
            changed = end_sales_channel(installation, found, actor=COMMAND)
        else:
            changed = turn_into_sales_channel(
                installation, found, identifier, code=code, actor=COMMAND
            )
    told = {
        "client_id": client_id,
        "sales_channel": changed.sales_channel,
        "product_identifier": changed.product_identifier or None,
    }
    tell(told, as_json=as_json)
