"""The call by which an app renews: ready to be made, with its credentials or with places for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from remint.dialect import Dialect, TokenRequest
from remint.dialect.call import Call
from remint.dialect.message import WireRequest
from remint.errors import NotFound
from remint.issuer.installation import Installation
from remint.store.records import App

RENEWAL: Final = "refresh_token"
PLACES: Final[dict[str, str]] = {
    "client_secret": "CLIENT_SECRET",
    "api_key": "API_KEY",
    "refresh_token": "REFRESH_TOKEN",
}
"""What stands where a credential belongs, by meaning."""
_SHOWN_BY: Final = {"client_secret": "secret", "api_key": "api_key"}


def renewal_call(dialect: Dialect) -> Call:
    """The call of ``dialect`` that renews. Raises ``NotFound`` where it serves none."""
    for call in dialect.served:
        if call.grant == RENEWAL:
            return call
    raise NotFound(f"the dialect {dialect.name!r} serves no renewal")


def ready_request(
    installation: Installation,
    app: App,
    call: Call,
    given: Mapping[str, Any],
    *,
    base_url: str,
) -> WireRequest:
    """``call`` as ``app`` makes it with what is ``given`` by meaning, extras as ``extras.NAME``.

    What is missing of its credentials is filled by ``PLACES``, the dialect's own fields by their examples.
    Raises ``ConfigurationError`` for a value that cannot travel.
    """
    extras = {field.extra: field.example for field in call.form.request if field.extra}
    values: dict[str, Any] = {"client_id": app.client_id, "client_number": app.number, **PLACES}
    for meaning, value in given.items():
        if meaning.startswith("extras."):
            extras[meaning.removeprefix("extras.")] = value
        else:
            values[meaning] = value
    for meaning, authentication in _SHOWN_BY.items():
        if app.authentication != authentication:
            values[meaning] = None
    return call.encode(
        TokenRequest(call.grant, extras=extras, **values),
        base_url=base_url,
        now_ms=installation.clock.now_ms(),
        random=installation.entropy,
    )
