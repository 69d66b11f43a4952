"""Sales channels: an app that manages inventory and orders says by which field it knows products.

Both the channel's code and the field travel in the app's access tokens, as ``sales_channel`` and
``product_identifier``, from the next renewal on (the Eshopbox contract, "Setting up", step 3).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final, get_args

from remint.errors import ConfigurationError, Conflict
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.installation import Installation
from remint.store.records import App, ProductIdentifier

PRODUCT_IDENTIFIERS: Final[dict[ProductIdentifier, str]] = {
    "sku": "Your own stock keeping unit: the code that you gave the product.",
    "esin": "The Eshopbox identification number, which is the same for a product at every seller.",
    "ean": "The European article number: 13 digits, the bar code in most of the world.",
    "upc": "The universal product code: 12 digits, the bar code in North America.",
    "gtin": "The global trade item number: 8 to 14 digits, of which EAN and UPC are kinds.",
}
SHORTEST_CODE: Final = 2
LONGEST_CODE: Final = 32
_CODE: Final = re.compile(r"[A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?")
_NAMELESS: Final = "CHANNEL"


def turn_into_sales_channel(
    installation: Installation,
    app: App,
    product_identifier: str,
    *,
    code: str = "",
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> App:
    """Makes ``app`` a sales channel, or changes the field (and the ``code``, if one is given) of one.

    Without a ``code`` one is drawn from the app's name. Raises ``Conflict`` for a taken code,
    ``ConfigurationError`` for what is no code or no field, and ``StaleVersion``.
    """
    if product_identifier not in get_args(ProductIdentifier):
        raise ConfigurationError(
            "products are not known by that field",
            key="product_identifier",
            expected="one of " + ", ".join(PRODUCT_IDENTIFIERS),
        )
    if code:
        _check_code(code)
    with installation.database.write():
        chosen = code or app.sales_channel or _free_code(installation, app)
        values: dict[str, Any] = {"sales_channel": chosen, "product_identifier": product_identifier}
        changed = installation.catalogue.change(app, values, expected=expected)
        note(installation, "sales_channel_set", actor, app=app, **values)
    return changed


def end_sales_channel(
    installation: Installation, app: App, *, expected: int | None = None, actor: Actor = NOBODY
) -> App:
    """Makes ``app`` an app like any other; its code is free again.

    Raises ``Conflict`` if it is no sales channel, and ``StaleVersion``.
    """
    if app.sales_channel is None:
        raise Conflict(f"the app {app.client_id} is no sales channel")
    values = {"sales_channel": None, "product_identifier": ""}
    with installation.database.write():
        changed = installation.catalogue.change(app, values, expected=expected)
        note(installation, "sales_channel_ended", actor, app=app, sales_channel=app.sales_channel)
    return changed


def proposed_code(name: str) -> str:
    """The code that a name leads to, where it is free: ``ACME-ORDERS`` for "Acme Orders"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.sub(r"[^A-Z0-9]+", "-", plain).strip("-")[:LONGEST_CODE].strip("-")
    return words if len(words) >= SHORTEST_CODE else _NAMELESS


def _free_code(installation: Installation, app: App) -> str:
    code = proposed_code(app.name)
    taken = installation.catalogue.sales_channels(code[: LONGEST_CODE - len("-99999")])
    number = 1
    found = code
    while found in taken:
        number += 1
        suffix = f"-{number}"
        found = code[: LONGEST_CODE - len(suffix)].rstrip("-") + suffix
    return found


def _check_code(code: str) -> None:
    if not (SHORTEST_CODE <= len(code) <= LONGEST_CODE and _CODE.fullmatch(code)):
        raise ConfigurationError(
            "that is no code for a sales channel",
            key="code",
            expected=f"{SHORTEST_CODE} to {LONGEST_CODE} of A-Z, 0-9 and hyphens between them",
        )
