"""A workshop: people, apps, grants and a month behind them. What the console's tests and pictures look at."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from remint.issuer.actor import Actor
from remint.issuer.apps.apps import AppDraft, CreatedApp, create_app, switch
from remint.issuer.apps.installations import install, install_in_development
from remint.issuer.apps.saleschannels import turn_into_sales_channel
from remint.issuer.grants.grants import issue_for
from remint.issuer.installation import Installation
from remint.issuer.metrics import Metrics
from remint.issuer.people.acceptance import accept
from remint.issuer.people.access import Principal
from remint.issuer.people.adminkeys import create_admin_key
from remint.issuer.people.invitations import invite, setup_code
from remint.issuer.people.members import members
from remint.issuer.settings import Settings
from remint.issuer.tenants.companies import create_company
from remint.issuer.tenants.users import create_user
from remint.issuer.tenants.workspaces import create_workspace, rename_workspace, workspaces
from remint.issuer.upkeep.activity import Recorder
from remint.issuer.upkeep.housekeeping import Housekeeping
from remint.secret import Secret
from remint.store.records import App, Company, Role, Workspace
from tests.console.past import Call, PastClock, Renewing, live_through

_DAY: Final = 86_400
_HOUR: Final = 3600
_PASSWORD: Final = "seven geese over a quiet harbour"
_ORIGIN: Final = "203.0.113.7"
#: Which of the grants has a story.
_PATCHY: Final = 0
_STOLEN: Final = 1


class Somebody(msgspec.Struct, frozen=True):
    """Who can log in."""

    email: str
    name: str
    password: str = _PASSWORD


ADA: Final = Somebody("ada@acme.example", "Ada Lovelace")
GRACE: Final = Somebody("grace@acme.example", "Grace Hopper")
MARY: Final = Somebody("mary@acme.example", "Mary Somerville")
EMMY: Final = Somebody("emmy@bergmann.example", "Emmy Noether")


class Workshop(msgspec.Struct, frozen=True):
    """What there is.

    ``owner`` is an operator too; ``stranger`` owns another workspace. ``places`` are what stands in the
    paths of pages (``{"workspace": "1", …}``), ``elsewhere`` the same for pages about something special.
    """

    settings: Settings
    places: dict[str, str]
    elsewhere: dict[str, dict[str, str]]
    owner: Somebody = ADA
    developer: Somebody = GRACE
    viewer: Somebody = MARY
    stranger: Somebody = EMMY

    def places_of(self, page: str) -> dict[str, str]:
        """What stands in the path of the page of that name."""
        return {**self.places, **self.elsewhere.get(page, {})}


def furnish(settings: Settings) -> Workshop:
    """Makes the workshop in a data directory where there is nothing yet. No server may run on it."""
    clock = PastClock(30 * _DAY)
    installation = Installation(settings, clock=clock)
    try:
        return _Furnishing(installation, clock).workshop()
    finally:
        installation.close()


class _Furnishing:
    def __init__(self, installation: Installation, clock: PastClock) -> None:
        self.installation = installation
        self.clock = clock
        self.actor = Actor(ADA.email, _ORIGIN)
        # The same workshop each time, but for what is secret.
        self.random = random.Random(4)

    def workshop(self) -> Workshop:
        owner = self._first_account()
        acme, northwind = self._workspaces()
        user = create_user(
            self.installation,
            "amelie@northwind.example",
            Secret(_PASSWORD),
            workspace=acme,
            company=northwind.id,
            actor=self.actor,
        ).user
        self.clock.go_to(26 * _DAY)
        orders, installed, development = self._orders(acme)
        apps = self._apps(acme, northwind)
        renewing = self._grants(apps["Storefront"])
        live_through(self.installation, self.clock, self._calls(renewing))
        self._rush([orders, *(each.app for each in apps.values())])
        self.clock.go_to(0)
        places = {
            **self._people(acme, owner),
            "workspace": acme.id,
            "client_id": orders.client_id,
            "secret": self.installation.catalogue.app(orders.client_id).secrets[-1].id,
            "installation": installed,
            "grant": renewing[_STOLEN].grant,
            "dialect": "eshopbox",
            "user": user.id,
            "company": northwind.id,
        }
        self._tidy()
        return Workshop(
            self.installation.settings,
            {name: str(value) for name, value in places.items()},
            {
                "app-api-key-revoke": self._keyed(apps["Shipment tracking"].app),
                "app-api-keys": self._keyed(apps["Shipment tracking"].app),
                "app-enable": {"client_id": apps["Price importer"].app.client_id},
                "workspace-close": {"workspace": str(development)},
                "admin-key-revoke-everywhere": {"key": str(self._admin_key(owner, None))},
            },
        )

    def _tidy(self) -> None:
        """What a server would clear away first: nothing is left that changes by itself."""
        housekeeping = Housekeeping(self.installation, Metrics())
        while not housekeeping.purge_step():
            pass

    def _workspaces(self) -> tuple[Workspace, Company]:
        """Ours with its members and companies, of which it gives one; and somebody else's."""
        installation, actor = self.installation, self.actor
        [first] = workspaces(installation)
        acme = rename_workspace(installation, first, "Acme Retail", actor=actor)
        self._join(acme, GRACE, "developer")
        self._join(acme, MARY, "viewer")
        bergmann = create_workspace(installation, "Bergmann Foods", actor=actor)
        self._join(bergmann, EMMY, "owner")
        create_company(installation, acme, 1002, "Southridge Video", actor=actor)
        return acme, create_company(installation, acme, 1001, "Northwind Traders", actor=actor)

    def _people(self, acme: Workspace, owner: int) -> dict[str, int]:
        """Somebody who is invited, and a key of the admin API; and the ids of people."""
        installation, actor = self.installation, self.actor
        invited = invite(installation, acme, "katherine@acme.example", "developer", actor=actor)
        key = self._admin_key(owner, acme)
        [member] = [each for each in members(installation, acme) if each.email == GRACE.email]
        return {
            "invitation": invited.invitation.id,
            "key": key,
            "member": member.id,
            "account": member.account_id,
        }

    def _admin_key(self, owner: int, workspace: Workspace | None) -> int:
        principal = Principal(self.actor, account_id=owner, is_operator=True)
        return create_admin_key(
            self.installation,
            principal,
            "Deployment" if workspace else "Backups",
            ["apps:read", "apps:write"] if workspace else ["workspaces:read"],
            workspace=workspace,
            expires_in_days=90,
            actor=self.actor,
        ).key.id

    def _keyed(self, app: App) -> dict[str, str]:
        """An API key, and the app that shows it."""
        [key] = self.installation.credentials.api_keys(app)
        return {"client_id": app.client_id, "key": str(key.id)}

    def _first_account(self) -> int:
        code = setup_code(self.installation)
        assert code is not None
        made = accept(
            self.installation,
            code,
            email=ADA.email,
            name=ADA.name,
            password=Secret(ADA.password),
            origin=_ORIGIN,
        )
        return made.id

    def _join(self, workspace: Workspace, somebody: Somebody, role: Role) -> None:
        invited = invite(self.installation, workspace, somebody.email, role, actor=self.actor)
        accept(
            self.installation,
            invited.code,
            name=somebody.name,
            password=Secret(somebody.password),
            origin="198.51.100.23",
        )

    def _orders(self, acme: Workspace) -> tuple[App, int, int]:
        """The contract's app: installed here and in a development workspace, and a sales channel.

        With the ids of the installation here and of that workspace.
        """
        installation, actor = self.installation, self.actor
        app = create_app(
            installation,
            AppDraft(
                name="Acme Orders",
                dialect="eshopbox",
                workspace=acme,
                description="Takes orders from the warehouse to the shops, and stock levels back.",
            ),
            actor=actor,
        ).app
        here = install(installation, app, acme, actor=actor)
        there = install_in_development(installation, app, "Acme Retail (test)", actor=actor)
        self.clock.go_to(25 * _DAY)
        channel = turn_into_sales_channel(installation, app, "sku", actor=actor)
        return channel, here.installation.id, there.workspace.id

    def _apps(self, acme: Workspace, company: Company) -> dict[str, CreatedApp]:
        drafts: list[dict[str, Any]] = [
            {"name": "Storefront", "dialect": "oauth2", "scope": "openid orders:read orders:write"},
            {"name": "Northwind feed", "dialect": "partner", "company": company.id},
            {"name": "Shipment tracking", "dialect": "genlogs", "company": company.id},
            {"name": "Field app", "dialect": "oauth2", "public": True, "scope": "orders:read"},
            {"name": "Price importer", "dialect": "oauth2"},
        ]
        made = {}
        for place, draft in enumerate(drafts):
            self.clock.go_to((24 - place) * _DAY)
            created = create_app(
                self.installation, AppDraft(workspace=acme, **draft), actor=self.actor
            )
            made[created.app.name] = created
        switch(self.installation, made["Price importer"].app, on=False, actor=self.actor)
        return made

    def _grants(self, storefront: CreatedApp) -> list[Renewing]:
        secret = storefront.client_secret
        assert secret is not None
        fields = {
            "grant_type": "refresh_token",
            "client_id": storefront.app.client_id,
            "client_secret": secret.reveal(),
        }
        renewing = []
        for number in range(12):
            self.clock.go_to((18 - number) * _DAY)
            issued = issue_for(
                self.installation, storefront.app, f"customer-{1001 + number}", actor=self.actor
            )
            first, grant = issued.refresh_token.reveal(), issued.held.grant.id.hex()
            renewing.append(Renewing(grant, "/oauth/token", fields, [first]))
        return renewing

    def _calls(self, renewing: list[Renewing]) -> Iterator[Call]:
        """Six days in which each renews now and then; one loses answers, one's tokens were stolen."""
        for each in renewing[:-1]:
            for _ in range(self.random.randint(4, 16)):
                yield Call(self.random.uniform(0.02, 6) * _DAY, each)
        patchy, stolen = renewing[_PATCHY], renewing[_STOLEN]
        for number in range(3):
            yield Call((5 - number) * _HOUR, patchy)
            yield Call((5 - number) * _HOUR - 20, patchy, -2)
        yield Call(2 * _HOUR, stolen, -3)

    def _rush(self, apps: list[App]) -> None:
        """What a month of busier days has left in the statistics."""
        recorder = Recorder(self.installation.activity)
        now_ms = self.clock.now_ms()
        outcomes = ["advanced"] * 60 + ["kept"] * 35 + ["retried"] * 4 + ["expired"]
        # The two days that are shown closely, and what an hour of the days before had.
        for minutes, times in [
            *((each, 1) for each in range(5, 48 * 60, 5)),
            *((each, 12) for each in range(48 * 60, 30 * 24 * 60, 60)),
        ]:
            at_ms = now_ms - minutes * 60_000
            by_day = 2 + (12 - abs((at_ms // 3_600_000) % 24 - 12)) // 2
            for _ in range(times * self.random.randint(by_day // 2, by_day)):
                elapsed_ms = int(self.random.lognormvariate(1.6, 0.7))
                chosen = self.random.choice(outcomes)
                recorder.count(self.random.choice(apps), chosen, elapsed_ms, at_ms)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, recorder.flush()).result()
