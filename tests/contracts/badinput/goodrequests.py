"""Each dialect's good requests, as drafts: what the rows of the tables spoil."""

from __future__ import annotations

from collections.abc import Callable

from tests.contracts.badinput.draft import FORM, HEADER, JSON, PASSWORD, QUERY, USER, Draft
from tests.contracts.badinput.treasury import Treasury

_OAUTH2 = {
    "grant_type": (FORM, "grant_type"),
    "refresh_token": (FORM, "refresh_token"),
    "scope": (FORM, "scope"),
}
_IN_BODY = {"client_id": (FORM, "client_id"), "client_secret": (FORM, "client_secret")}
_IN_BASIC = {"client_id": (USER, ""), "client_secret": (PASSWORD, "")}
_ESHOPBOX = {
    name: (JSON, name) for name in ("grant_type", "client_id", "client_secret", "refresh_token")
}
_PARTNER = {
    "client_number": (HEADER, "partnerId"),
    "grant_type": (HEADER, "grantType"),
    "refresh_token": (JSON, "refreshToken"),
    "username": (JSON, "username"),
    "password": (JSON, "password"),
}
_API_KEY = {"api_key": (HEADER, "x-api-key")}


def _draft(path: str, places: dict[str, tuple[str, str]], **values: object) -> Draft:
    draft = Draft(path, places)
    for meaning, value in values.items():
        draft.put(meaning, value)
    return draft


def _oauth2(places: dict[str, tuple[str, str]], held: Treasury) -> Draft:
    return _draft(
        "/oauth/token",
        {**_OAUTH2, **places},
        grant_type="refresh_token",
        refresh_token=held.refresh_token,
        client_id=held.client.id,
        client_secret=held.client.secret,
    )


def _eshopbox(held: Treasury) -> Draft:
    return _draft(
        "/api/v1/generateToken",
        _ESHOPBOX,
        grant_type="refresh_token",
        client_id=held.client.id,
        client_secret=held.client.secret,
        refresh_token=held.refresh_token,
    )


def _partner(grant_type: str, held: Treasury) -> Draft:
    values = {"refresh_token": held.refresh_token}
    if grant_type == "password":
        values = {"username": held.person.username, "password": held.person.password}
    return _draft(
        "/v1/auth/token",
        _PARTNER,
        client_number=held.client.number,
        grant_type=grant_type,
        **values,
    )


def _genlogs(path: str, carrier: str, names: dict[str, str], held: Treasury) -> Draft:
    values = {
        "refresh_token": held.refresh_token,
        "username": held.person.username,
        "password": held.person.password,
    }
    places = {**_API_KEY, **{meaning: (carrier, name) for meaning, name in names.items()}}
    return _draft(
        path, places, api_key=held.client.api_key, **{meaning: values[meaning] for meaning in names}
    )


_RENEWAL, _LOGIN = "/auth/token/refresh", "/auth/token"
_TOKEN = {"refresh_token": "refresh_token"}
_PERSON = {"username": "email", "password": "password"}

GOOD: dict[str, dict[str, Callable[[Treasury], Draft]]] = {
    "oauth2": {
        "renewal": lambda held: _oauth2(_IN_BODY, held),
        "by Basic": lambda held: _oauth2(_IN_BASIC, held),
    },
    "eshopbox": {"renewal": _eshopbox},
    "partner": {
        "renewal": lambda held: _partner("refresh_token", held),
        "log-in": lambda held: _partner("password", held),
    },
    "genlogs": {
        "renewal": lambda held: _genlogs(_RENEWAL, QUERY, _TOKEN, held),
        "renewal in JSON": lambda held: _genlogs(_RENEWAL, JSON, _TOKEN, held),
        "log-in": lambda held: _genlogs(_LOGIN, QUERY, _PERSON, held),
        "log-in in JSON": lambda held: _genlogs(_LOGIN, JSON, _PERSON, held),
    },
}
