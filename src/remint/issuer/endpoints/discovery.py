"""Authorization server metadata (RFC 8414): what a client can find out by itself.

Only an endpoint that speaks RFC 6749 to the letter can be described so, and whether one does is read from
its dialect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remint.dialect import Dialect, Endpoint
from remint.dialect.vocabulary import RequestField

#: RFC 6749 §4.3.2, §5.1 and §6: the names of what travels, all of them in a form or in flat JSON.
_ASKED = ("grant_type", "refresh_token", "scope", "username", "password")
_ANSWERED = {"access_token": "string", "token_type": "string", "expires_in": "seconds"}


def metadata(dialects: Iterable[Dialect], *, issuer: str, base_url: str) -> dict[str, Any] | None:
    """The document, or ``None`` where no endpoint is standard. The first that is stands for all.

    ``issuer`` is what access tokens name as theirs, ``base_url`` where the endpoints are.
    """
    endpoint = next(
        (each for dialect in dialects for each in dialect.endpoints if _is_standard(each)), None
    )
    if endpoint is None:
        return None
    return {
        "issuer": issuer,
        "token_endpoint": base_url + endpoint.paths[0],
        "jwks_uri": f"{base_url}/.well-known/jwks.json",
        "grant_types_supported": sorted(endpoint.grants),
        "token_endpoint_auth_methods_supported": _methods(endpoint),
        # RFC 8414 §2 wants the member; there is no authorization endpoint.
        "response_types_supported": [],
        "service_documentation": f"{base_url}/docs",
    }


def _is_standard(endpoint: Endpoint) -> bool:
    if endpoint.method != "POST" or any("{" in path for path in endpoint.paths):
        return False
    answers = {field.meaning: field for field in endpoint.calls[0].answer.fields}
    return all(
        name in answers and answers[name].name == (name,) and answers[name].format == form
        for name, form in _ANSWERED.items()
    ) and all(
        _is_in_form(field, field.meaning)
        for call in endpoint.calls
        for field in call.request
        if field.meaning in _ASKED
    )


def _is_in_form(field: RequestField, name: str) -> bool:
    return field.carriers == ("form",) and field.name == (name,)


def _methods(endpoint: Endpoint) -> list[str]:
    """The client authentication methods (RFC 7591 §2)."""
    secrets = [
        field
        for call in endpoint.calls
        for field in call.request
        if field.meaning == "client_secret"
    ]
    found = {
        "client_secret_basic": any("basic-password" in field.carriers for field in secrets),
        "client_secret_post": any("form" in field.carriers for field in secrets),
        "none": not secrets or not all(field.required for field in secrets),
    }
    return [method for method, is_offered in found.items() if is_offered]
