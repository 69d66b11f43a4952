"""The call that renews a connection, made from what the connection holds."""

from __future__ import annotations

from typing import Any, Final

from remint.clock import Entropy
from remint.dialect import Call, Dialect, TokenRequest, WireRequest
from remint.errors import ConfigurationError
from remint.keeper.connection import Setup, Tokens

EXTRA: Final = "extras."
_MEANINGS: Final = frozenset(TokenRequest.__struct_fields__) - {"grant_type", "extras"}


def call_of(dialect: Dialect, grant: str) -> Call:
    """The dialect's call for a grant type. Raises ``ConfigurationError`` where it has none."""
    try:
        return dialect.call(grant)
    except KeyError:
        known = ", ".join(call.grant for call in dialect.calls)
        raise ConfigurationError(
            f"the dialect {dialect.name!r} has no call for {grant!r}", expected=f"one of {known}"
        ) from None


def token_request(grant: str, credentials: dict[str, Any], tokens: Tokens) -> TokenRequest:
    """Credentials and tokens by meaning."""
    given = {key: value for key, value in credentials.items() if key in _MEANINGS}
    extras = {
        key.removeprefix(EXTRA): value
        for key, value in credentials.items()
        if key.startswith(EXTRA)
    }
    request = TokenRequest(grant, **given, extras=extras or None)
    request.refresh_token = tokens.refresh_token or request.refresh_token
    request.access_token = tokens.access_token or request.access_token
    return request


def renewal_request(
    dialect: Dialect, setup: Setup, tokens: Tokens, *, now_ms: int, random: Entropy
) -> WireRequest:
    """What to send. Raises ``ConfigurationError`` that names what is lacking."""
    return wire_request(
        call_of(dialect, setup.grant),
        token_request(setup.grant, setup.credentials, tokens),
        base_url=setup.base_url,
        token_url=setup.token_url,
        now_ms=now_ms,
        random=random,
    )


def wire_request(
    call: Call,
    request: TokenRequest,
    *,
    base_url: str,
    token_url: str = "",
    now_ms: int,
    random: Entropy,
) -> WireRequest:
    """A request at the dialect's address under ``base_url``, or at ``token_url`` if there is one."""
    wire = call.encode(
        request, base_url="" if token_url else base_url, now_ms=now_ms, random=random
    )
    if token_url:
        _, mark, query = wire.url.partition("?")
        joint = "&" if "?" in token_url and mark else mark
        wire.url = f"{token_url}{joint}{query}"
    return wire
