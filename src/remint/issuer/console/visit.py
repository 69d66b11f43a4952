"""One request to the console: who comes, where to, with what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from remint.errors import NotFound, StaleVersion
from remint.issuer.actor import NOBODY, Actor
from remint.issuer.console.form import Form
from remint.issuer.console.segments import parts_of, segment
from remint.issuer.endpoints.routes import ASGIApp
from remint.issuer.endpoints.service import Service
from remint.issuer.installation import Installation
from remint.issuer.people.access import Permission, Principal
from remint.store.peoplerecords import Account, Session
from remint.store.records import Workspace

if TYPE_CHECKING:
    from remint.issuer.console.page import Page


_T = TypeVar("_T")
_LOOPBACK: Final = re.compile(r"(localhost|[\w.-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?")


class Visit(msgspec.Struct, kw_only=True):
    """A request whose session, workspace and permission have been looked at.

    ``path`` and ``query`` are its parameters, decoded. ``root`` is where the issuer is mounted: "" or
    "/auth". ``cookie`` is the session's secret, or on a public page the visitor's. ``origin`` is the caller's
    address, ``scheme`` what it came by, as far as trusted proxies say. ``kept`` are cookies that the answer
    sets, each with its value and seconds, ``dropped`` those that it ends.
    """

    installation: Installation
    service: Service
    issuer: ASGIApp
    page: Page
    loop: asyncio.AbstractEventLoop
    pages: Mapping[str, Page]
    root: str
    scheme: str
    public_url: str
    path: dict[str, str]
    query: dict[str, str]
    form: Form
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    cookie: str
    origin: str
    flash: str = ""
    account: Account | None = None
    session: Session | None = None
    principal: Principal = Principal(NOBODY)
    workspace: Workspace | None = None
    kept: dict[str, tuple[str, int]] = {}
    dropped: list[str] = []

    def __repr__(self) -> str:
        return f"Visit({self.page.method} {self.page.path})"

    @property
    def actor(self) -> Actor:
        """What the audit trail says of who does this."""
        return Actor(self.principal.actor.name, self.origin)

    @property
    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.installation.clock.now_ms()

    @property
    def here(self) -> Workspace:
        """The workspace that the page is of. Only on pages whose path has one."""
        assert self.workspace is not None, f"{self.page.path} is a page of no workspace"
        return self.workspace

    @property
    def somebody(self) -> Account:
        """Who is logged in. Not on public pages."""
        assert self.account is not None, f"{self.page.path} is a public page"
        return self.account

    @property
    def is_htmx(self) -> bool:
        """Whether a part of a page is wanted, and not a whole one."""
        return self.headers.get("hx-request") == "true" and "hx-boosted" not in self.headers

    @property
    def version(self) -> int:
        """The version that the form was made for. Raises ``StaleVersion`` where it says none."""
        text = self.form["version"]
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise StaleVersion("the form does not say which version it was made for; load it again")
        return int(text)

    @property
    def token(self) -> str:
        """What the form shows for being ours; another one each time that its page is shown."""
        return self.headers.get("x-csrf-token") or self.form["csrf"]

    @property
    def cookie_advice(self) -> str:
        """What to do where the browser seems to keep no cookie of ours, which are ``Secure``; else empty."""
        # Browsers send Fetch Metadata only to addresses that they trust, by TLS or for being their own
        # machine: the same to which they send such cookies back.
        host = self.headers.get("host", "")
        if self.scheme != "http" or "sec-fetch-site" in self.headers or _LOOPBACK.fullmatch(host):
            return ""
        port = host.rpartition(":")[2]
        return (
            "Browsers keep a log-in only at addresses with https, and at those of their own machine. Put a"
            " proxy with TLS in front, which the setting trusted_proxies names; or bring the port to your own"
            f" machine (ssh -L 8080:127.0.0.1:{port if port.isdigit() else 80}) and open"
            f" http://127.0.0.1:8080{self.root}/console"
        )

    def number(self, name: str) -> int:
        """The whole number that the path has at ``name``. Raises ``NotFound`` for what cannot be one."""
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise NotFound(f"there is no {name} {text}")
        return int(text)

    def run(self, work: Coroutine[Any, Any, _T], timeout_seconds: float = 30) -> _T:
        """Runs ``work`` on the server's loop, for a handler, which has a thread of its own."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_seconds)

    def may(self, permission: Permission) -> bool:
        """Whether who is logged in may do that in this workspace, or in the installation as a whole."""
        return self.principal.may(permission, self.workspace)

    @property
    def address(self) -> str:
        """Where this page is, below the host, with its query."""
        return self.url(self.page.name, **{**self.query, **self.path})

    def url(self, name: str, /, **parameters: Any) -> str:
        """The address of the page of that name. What its path has no place for becomes its query.

        ``workspace`` is this one unless another is given; a parameter that is ``None`` is left out.
        """
        given = {key: value for key, value in parameters.items() if value is not None}
        address = self.root
        for number, part in enumerate(parts_of(self.pages[name].path)):
            if number % 2 == 0:
                address += part
            elif part == "workspace" and part not in given:
                address += str(self.here.id)
            else:
                address += segment(str(given.pop(part)))
        return f"{address}?{urlencode(given)}" if given else address
