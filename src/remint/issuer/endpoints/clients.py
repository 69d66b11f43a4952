"""Who is calling: finds the app that a request names and checks what it shows.

Apps are cached. A change made by another process (a disabled app, a rotated secret) reaches the cache when
the catalogue's version is next looked at: within a second.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hmac import compare_digest
from typing import Final

from remint.dialect.message import TokenRequest
from remint.errors import Refusal
from remint.store.catalogue import Catalogue
from remint.store.records import App
from remint.token.credentials import fingerprint

_KEPT: Final = 20_000
_UNKNOWN_KEPT: Final = 20_000

_Key = bytes | int | str


class Clients:
    """The cache of apps, by whatever they are named by."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._era = 0
        self._apps: OrderedDict[_Key, App] = OrderedDict()
        self._unknown: OrderedDict[_Key, None] = OrderedDict()

    def forget(self) -> None:
        """Drops everything: the catalogue has changed."""
        self._era += 1
        self._apps.clear()
        self._unknown.clear()

    def known(self, request: TokenRequest) -> App | None:
        """The app that ``request`` names, if it is in the cache. Raises ``Refusal`` if it names none."""
        return self._apps.get(_key(request))

    async def named(self, request: TokenRequest) -> App | None:
        """The app that ``request`` names, read if need be. Raises ``Refusal`` or ``StoreUnavailable``."""
        return await self._load(_key(request))

    def authenticate(self, app: App | None, request: TokenRequest, now_s: int) -> App:
        """``app``, if ``request`` shows what it must. Raises ``Refusal`` (``invalid_client``)."""
        if app is None or app.disabled_at:
            raise _unknown(request)
        _check(app, request, now_s)
        return app

    async def _load(self, key: _Key) -> App | None:
        mark = _mark(key)
        if mark in self._unknown:
            return None
        era = self._era
        app = await asyncio.to_thread(_find, self._catalogue, key)
        if era != self._era:
            # The catalogue changed meanwhile: this answer may be from before.
            return app
        if app is None:
            self._unknown[mark] = None
            if len(self._unknown) > _UNKNOWN_KEPT:
                self._unknown.popitem(last=False)
            return None
        self._apps[key] = app
        if len(self._apps) > _KEPT:
            self._apps.popitem(last=False)
        return app


def _key(request: TokenRequest) -> _Key:
    if request.api_key is not None:
        return fingerprint(request.api_key)
    if request.client_number is not None:
        return request.client_number
    if request.client_id is not None:
        return request.client_id
    raise Refusal(
        "invalid_client",
        "The client did not say who it is.",
        kind="missing",
        logged="the dialect carries nothing that names a client",
        outcome="login",
    )


def _mark(key: _Key) -> _Key:
    # Strangers may send names as long as they like: what is remembered of each is as long for all.
    return fingerprint(key)[:16] if isinstance(key, str) else key


def _find(catalogue: Catalogue, key: _Key) -> App | None:
    if isinstance(key, bytes):
        return catalogue.find(api_key_sha256=key)
    if isinstance(key, int):
        return catalogue.find(number=key)
    return catalogue.find(client_id=key)


def _check(app: App, request: TokenRequest, now_s: int) -> None:
    if app.authentication == "none":
        return
    if app.authentication == "api_key":
        if request.api_key is None:
            raise _unknown(request)
        return
    if request.client_secret is None:
        raise _unknown(request, "the app must show its secret, and none came")
    shown = fingerprint(request.client_secret)
    for secret in app.secrets:
        if (not secret.expires_at or now_s < secret.expires_at) and compare_digest(
            shown, secret.sha256
        ):
            return
    raise _unknown(request, "the secret is wrong or has expired")


def _unknown(request: TokenRequest, logged: str = "no such app, or it is disabled") -> Refusal:
    # One answer for all cases: it does not tell which clients exist.
    return Refusal(
        "invalid_client", "Client authentication failed.", logged=logged, outcome="login"
    )
