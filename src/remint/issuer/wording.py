"""The words of the manual: what carriers, types, meanings and refusals are called there."""

from __future__ import annotations

from typing import Final

CARRIERS: Final = {
    "path": "path",
    "query": "query",
    "header": "header",
    "cookie": "cookie",
    "basic-user": "Basic, user",
    "basic-password": "Basic, password",
    "bearer": "Bearer",
    "json": "JSON body",
    "form": "form body",
}

TYPES: Final = {
    "int32": "whole number",
    "int64": "whole number",
    "positive": "whole number above 0",
    "space": "words between spaces",
    "comma": "words between commas",
    "list": "list of words",
    "seconds": "number",
    "seconds-text": "number, as text",
    "milliseconds": "number",
    "milliseconds-text": "number, as text",
    "minutes": "number",
    "minutes-text": "number, as text",
    "iso8601": "date and time, ISO 8601",
    "epoch": "seconds since 1970",
    "epoch-text": "seconds since 1970, as text",
    "epoch-ms": "milliseconds since 1970",
    "epoch-ms-text": "milliseconds since 1970, as text",
}

WORDS: Final = {
    "grant_type": "What is offered.",
    "username": "The user's name.",
    "password": "The user's password.",
    "access_token": "A fresh access token.",
    "refresh_token": "The refresh token to use next.",
    "id_token": "An OpenID Connect ID token.",
    "token_type": "How the access token is sent.",
    "scope": "What the access token may do.",
    "expires_in": "How long the access token is good for.",
    "access_expires_at": "When the access token ends.",
    "refresh_expires_at": "When the refresh token ends, if nothing renews it.",
    "user_id": "The user.",
}

ADVICE: Final = {
    "invalid_request": (
        "Something is missing, doubled, too long or of the wrong type.",
        "Mend the request.",
    ),
    "invalid_client": (
        "The client is not known, or did not show what it must.",
        "Mend the credentials.",
    ),
    "invalid_grant": (
        "What was offered has expired, was revoked, or is not valid.",
        "Have the user log in again.",
    ),
    "unauthorized_client": ("The client may not use this grant type.", "Ask the API's owner."),
    "unsupported_grant_type": ("The grant type is not offered here.", "Mend the request."),
    "invalid_scope": ("The scope asks for more than was granted.", "Ask for less, or for none."),
    "slow_down": ("Too many calls.", "Wait for Retry-After seconds."),
    "temporarily_unavailable": (
        "The service cannot answer now.",
        "Try again, with the same token.",
    ),
    "server_error": (
        "A fault of the server.",
        "Try again, with the same token; report its request id.",
    ),
    "method_not_allowed": ("Another method is wanted here.", "See Allow."),
    "payload_too_large": ("The body is too large.", "Send less."),
}
