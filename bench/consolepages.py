"""What each page of the console takes, in a workspace that has been busy for a month."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bench.grantfill import Filled
from bench.report import Section, Wanted
from remint.issuer.actor import Actor
from remint.issuer.app import Issuer
from remint.issuer.apps.apps import AppDraft, create_app, switch
from remint.issuer.apps.credentials import rotate_secret
from remint.issuer.apps.installations import install, install_in_development
from remint.issuer.apps.saleschannels import turn_into_sales_channel
from remint.issuer.console.cookies import SESSION
from remint.issuer.console.page import Page
from remint.issuer.console.pages import PAGES
from remint.issuer.grants.grants import search_in
from remint.issuer.installation import Installation
from remint.issuer.people.access import Principal
from remint.issuer.people.accounts import create_account
from remint.issuer.people.adminkeys import create_admin_key
from remint.issuer.people.invitations import invite
from remint.issuer.people.members import members
from remint.issuer.people.sessions import start_session
from remint.issuer.tenants.companies import create_company
from remint.issuer.tenants.users import create_user
from remint.secret import Secret
from remint.store.activity import Counts, Step, app_series, workspace_series

_TIMES = 15
_QUICK = Wanted(20, most=True, unit=" ms")
_DAY = 86_400
_BY = Actor("ada@example.com", "192.0.2.1")
_PASSWORD = Secret("seven geese over a quiet harbour")
_OUTCOMES = {"advanced": 900, "retried": 40, "forged": 5, "expired": 30, "reuse_detected": 1}


@dataclass(frozen=True, slots=True)
class Furnished:
    """A session of an operator, and what stands in the paths of pages; `elsewhere` for some of them."""

    cookie: str
    places: dict[str, str]
    elsewhere: dict[str, dict[str, str]]

    def path(self, page: Page) -> str:
        """Where the page is found."""
        path = page.path
        for name, value in {**self.places, **self.elsewhere.get(page.name, {})}.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path


def measure_pages(installation: Installation, filled: Filled, section: Section) -> None:
    """Adds what the server takes for each page that can be asked for, at the median."""
    furnished = _furnish(installation, filled)
    _live_through(installation, filled)
    section.note("  every page, in such a workspace (the trail's export: to its first part):")
    asyncio.run(_measure(installation, furnished, section))


async def _measure(installation: Installation, furnished: Furnished, section: Section) -> None:
    issuer = Issuer(installation=installation)
    await issuer.start()
    try:
        for page in PAGES:
            if page.method == "GET":
                cookie = "" if page.public else furnished.cookie
                await _page(issuer, page.name, furnished.path(page), cookie, section)
        for span in ("week", "month"):
            path = f"/console/workspaces/{furnished.places['workspace']}"
            name = f"overview, {span}"
            await _page(issuer, name, path, furnished.cookie, section, query=f"span={span}")
    finally:
        await issuer.stop()


async def _page(
    issuer: Issuer, name: str, path: str, cookie: str, section: Section, *, query: str = ""
) -> None:
    await _ask(issuer, path, query, cookie)
    taken, spent = [], []
    for _ in range(_TIMES):
        begun, used = time.perf_counter(), time.process_time()
        status = await _ask(issuer, path, query, cookie)
        spent.append((time.process_time() - used) * 1000)
        taken.append((time.perf_counter() - begun) * 1000)
        assert status in (200, 303), f"{name} ({path}) answered {status}"
    middle, own = statistics.median(taken), statistics.median(spent)
    section.figure(f"page {name}", own, f"{middle:.1f} ms, {own:.1f} ms of CPU", _QUICK)


async def _ask(issuer: Issuer, path: str, query: str, cookie: str) -> int:
    """Asks the application for a page, up to the first part of its body; says with which status."""
    begun: asyncio.Queue[int] = asyncio.Queue()
    gone = asyncio.Event()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])
        else:
            begun.put_nowait(status[0])

    status: list[int] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8080"),
            (b"accept-encoding", b"gzip"),
            (b"cookie", f"{SESSION}={cookie}".encode()),
        ],
        "client": ("192.0.2.1", 50_000),
        "server": ("127.0.0.1", 8080),
    }
    serving = asyncio.ensure_future(issuer(scope, receive, send))
    answered = await begun.get()
    gone.set()
    await serving
    return answered


def _furnish(installation: Installation, filled: Filled) -> Furnished:
    """One of everything that a page can be about."""
    workspace = filled.workspace
    ada = create_account(installation, _BY.name, "Ada", _PASSWORD, operator=True, actor=_BY)
    installation.members.add(workspace.id, ada.id, "owner")
    ben = create_account(installation, "ben@example.com", "Ben", _PASSWORD, actor=_BY)
    installation.members.add(workspace.id, ben.id, "developer")
    [member] = [each for each in members(installation, workspace) if each.account_id == ben.id]
    invited = invite(installation, workspace, "cy@example.com", "viewer", actor=_BY)
    company = create_company(installation, workspace, 7713, "Acme Freight", actor=_BY)
    user = create_user(installation, "dee", _PASSWORD, workspace=workspace, actor=_BY).user
    draft = AppDraft(name="Orders", dialect="eshopbox", workspace=workspace)
    orders = create_app(installation, draft, actor=_BY).app
    installed = install(installation, orders, workspace, actor=_BY).installation
    below = install_in_development(installation, orders, "bench (test)", actor=_BY).workspace
    turn_into_sales_channel(installation, orders, "sku", actor=_BY)
    rotate_secret(installation, filled.large, overlap_seconds=_DAY, actor=_BY)
    feed = AppDraft(name="Feed", dialect="genlogs", workspace=workspace)
    keyed = create_app(installation, feed, actor=_BY).app
    idle = AppDraft(name="Idle", dialect="oauth2", workspace=workspace)
    off = switch(installation, create_app(installation, idle, actor=_BY).app, on=False, actor=_BY)
    grant = search_in(installation, workspace, app=filled.large).grants[0].grant.id.hex()
    large = installation.catalogue.app(filled.large.client_id)
    of_orders = {"client_id": orders.client_id}
    places = {
        "workspace": workspace.id,
        "client_id": large.client_id,
        "secret": large.secrets[0].id,
        "installation": installed.id,
        "grant": grant,
        "dialect": "eshopbox",
        "user": user.id,
        "company": company.id,
        "member": member.id,
        "invitation": invited.invitation.id,
        "account": ben.id,
        "key": _key(installation, filled),
    }
    return Furnished(
        start_session(installation, ada, origin="192.0.2.1", agent="bench").cookie.reveal(),
        {name: str(value) for name, value in places.items()},
        {
            "app-api-key-revoke": {
                "client_id": keyed.client_id,
                "key": str(installation.credentials.api_keys(keyed)[0].id),
            },
            "app-enable": {"client_id": off.client_id},
            "app-uninstall": of_orders,
            "app-sales-channel-end": of_orders,
            "app-sales-channel-field": of_orders,
            "workspace-close": {"workspace": str(below.id)},
            "admin-key-revoke-everywhere": {"key": str(_key(installation, None))},
        },
    )


def _key(installation: Installation, filled: Filled | None) -> int:
    everything = Principal(_BY, is_operator=True)
    workspace = filled.workspace if filled else None
    made = create_admin_key(
        installation, everything, "ci", ["apps:read"], workspace=workspace, actor=_BY
    )
    return made.key.id


def _live_through(installation: Installation, filled: Filled) -> None:
    """A month in which every hour, and every five minutes of the last days, had calls of every kind."""
    now_s = installation.clock.now_ms() // 1000
    for series in (workspace_series(filled.workspace.id), app_series(filled.large.id)):
        for span, days in ((300, 2), (3600, 31)):
            steps = range(now_s // span * span - days * _DAY, now_s, span)
            for start in range(0, len(steps), 500):
                some = steps[start : start + 500]
                counts = Counts(_OUTCOMES, list(range(1, 12)))
                installation.activity.add({Step(series, span, at): counts for at in some})
