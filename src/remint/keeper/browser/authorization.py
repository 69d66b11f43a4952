"""Connecting through the browser."""

from __future__ import annotations

import asyncio
import dataclasses
import webbrowser
from collections.abc import Callable, Mapping
from typing import Any, Final

from remint.dialect import Authorize, Dialect
from remint.errors import ConfigurationError, Conflict
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.browser.discovery import Metadata, check_address, discover
from remint.keeper.browser.login import Login
from remint.keeper.core import Core
from remint.keeper.exchange import Exchange
from remint.keeper.keeper import Keeper
from remint.keeper.status import Status

TIMEOUT_SECONDS: Final = 300.0

Show = Callable[[str], object]


def authorize(
    keeper: Keeper,
    name: str,
    dialect: str,
    *,
    show: Show = webbrowser.open,
    timeout_seconds: float = TIMEOUT_SECONDS,
    **options: Any,
) -> Status:
    """Makes a connection by a login in the browser, and waits for it ``timeout_seconds`` at most.

    ``show`` is called with the address to go to. ``options`` are ``client_id`` and what ``Login`` takes
    (``scope``, ``port``, ``redirect_uri``), ``issuer`` to look addresses up by, ``authorize_url`` for another
    place than the dialect's, and what ``Keeper.connect`` takes: ``client_secret``, ``base_url``,
    ``token_url``, ``replace``, ``rotation``, ``extras``, … Raises what ``connect`` does, and ``Refusal``
    where the login came to nothing.
    """
    plan = _Plan(keeper, name, dialect, options)
    with plan.login() as login:
        show(login.url)
        given = login.wait(timeout_seconds)
    return keeper.connect(name, dialect, **plan.given, **given)


async def authorize_async(
    keeper: AsyncKeeper,
    name: str,
    dialect: str,
    *,
    show: Show = webbrowser.open,
    timeout_seconds: float = TIMEOUT_SECONDS,
    **options: Any,
) -> Status:
    """See ``authorize``."""
    plan = await asyncio.to_thread(_Plan, keeper, name, dialect, options)
    with plan.login() as login:
        await asyncio.to_thread(show, login.url)
        try:
            given = await asyncio.to_thread(login.wait, timeout_seconds)
        finally:
            login.stop()
    return await keeper.connect(name, dialect, **plan.given, **given)


class _Plan:
    """What goes to the login, and what to ``connect``."""

    def __init__(self, core: Core, name: str, dialect: str, options: Mapping[str, Any]) -> None:
        given = dict(options)
        # Before anybody has the trouble of a login.
        if not given.get("replace") and core.around.store.load(name) is not None:
            raise Conflict(
                f"there is a connection {name!r} already; forget it first, or replace it"
            )
        found = core.dialect(dialect)
        self._core = core
        self._port = given.pop("port", 0)
        self._redirect_uri = given.pop("redirect_uri", "")
        self._scope = given.pop("scope", None)
        self._issuer = given.pop("issuer", "")
        elsewhere = given.pop("authorize_url", "")
        if self._issuer:
            metadata = metadata_of(core, self._issuer, insecure=bool(given.get("insecure")))
            given["token_url"] = given.get("token_url") or metadata.token_endpoint
            elsewhere = elsewhere or metadata.authorization_endpoint
            self._issuer = metadata.issuer
        self._extras = given.get("extras") or {}
        self._client_id = given.get("client_id") or ""
        self._authorize = _place(found, elsewhere, insecure=bool(given.get("insecure")))
        self._base_url = given.get("base_url") or found.address(self._extras)
        if not (self._authorize.absolute or self._base_url):
            raise ConfigurationError(
                "is not known", key="authorize_url", expected="where the browser has to go"
            )
        self.given = {"grant": "authorization_code", **given}

    def login(self) -> Login:
        """The login, listening."""
        return Login(
            self._authorize,
            client_id=self._client_id,
            base_url=self._base_url,
            scope=self._scope,
            extras=self._extras,
            issuer=self._issuer,
            redirect_uri=self._redirect_uri,
            port=self._port,
            entropy=self._core.around.entropy,
        )


def metadata_of(core: Core, issuer: str, *, insecure: bool = False) -> Metadata:
    """See ``discover``; with the keeper's own TLS and time limits."""
    exchange = Exchange(core.around.clock, core.around.timing, core.verify)
    try:
        return discover(issuer, exchange, insecure=insecure)
    finally:
        exchange.close()


def _place(dialect: Dialect, elsewhere: str, *, insecure: bool) -> Authorize:
    if dialect.authorize is None:
        raise ConfigurationError(
            f"the dialect {dialect.name!r} knows no login in a browser",
            key="grant",
            expected="another grant, or a dialect with a table [authorize]",
        )
    if not elsewhere:
        return dialect.authorize
    check_address(elsewhere, "authorize_url", insecure=insecure)
    return dataclasses.replace(dialect.authorize, path="", absolute=elsewhere)
