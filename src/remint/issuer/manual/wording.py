"""The words of the manual and the console: what carriers, types, meanings and refusals are called there."""

from __future__ import annotations

from typing import Final, Literal

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

MEANINGS: Final = {
    "grant_type": "grant type",
    "refresh_token": "refresh token",
    "access_token": "access token",
    "id_token": "ID token",
    "client_id": "client id",
    "client_secret": "client secret",
    "client_number": "partner's number",
    "api_key": "API key",
    "username": "user name",
    "password": "password",
    "scope": "scope",
    "token_type": "token type",
    "expires_in": "access token's lifetime",
    "access_expires_at": "access token's end",
    "refresh_expires_in": "refresh token's lifetime",
    "refresh_expires_at": "refresh token's end",
    "extras.user_id": "user",
    "description": "what was wrong, in words",
    "where": "body, query or header",
    "name": "the field at fault",
    "kind": "what is wrong with it, in a word",
    "request_id": "request id",
}

UNITS: Final = {
    "seconds": "in seconds",
    "seconds-text": "in seconds, as text",
    "milliseconds": "in milliseconds",
    "milliseconds-text": "in milliseconds, as text",
    "minutes": "in minutes",
    "minutes-text": "in minutes, as text",
    "hours": "in hours",
    "days": "in days",
    "iso8601": "ISO 8601",
    "epoch": "seconds since 1970",
    "epoch-text": "seconds since 1970, as text",
    "epoch-ms": "milliseconds since 1970",
    "epoch-ms-text": "milliseconds since 1970, as text",
}

TONES: Final[dict[str, Literal["accent", "info"]]] = {
    "refresh_token": "accent",
    "access_token": "info",
}
