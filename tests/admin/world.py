"""A furnished installation: one of everything that the admin API tells of, and keys of every kind."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remint.issuer.actor import COMMAND
from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.apps.credentials import rotate_secret
from remint.issuer.apps.installations import install, install_in_development
from remint.issuer.apps.saleschannels import turn_into_sales_channel
from remint.issuer.grants.grants import issue_for
from remint.issuer.installation import Installation
from remint.issuer.people.access import INSTALLATION_WIDE, PERMISSIONS, Permission, Principal
from remint.issuer.people.accounts import create_account
from remint.issuer.people.adminkeys import create_admin_key, revoke_admin_key
from remint.issuer.people.invitations import invite
from remint.issuer.settings import Settings
from remint.issuer.tenants.companies import create_company
from remint.issuer.tenants.users import create_user
from remint.issuer.tenants.workspaces import create_workspace
from remint.secret import Secret
from remint.store.records import App, Workspace

ANYBODY = Principal(COMMAND, is_operator=True)
#: What may change without anybody's doing.
_RESTLESS = {"idempotency", "sessions", "activity", "sqlite_sequence"}


@dataclass
class World:
    """Where it is, what it has (by the names in the paths of operations), and the keys to it."""

    settings: Settings
    ids: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict, repr=False)

    def key(self, name: str) -> dict[str, str]:
        """The header that shows a key."""
        return {"Authorization": f"Bearer {self.keys[name]}"}

    def digest(self) -> dict[str, str]:
        """A digest of each table."""
        return digest(self.settings.data_dir)


def digest(data_dir: Path) -> dict[str, str]:
    """A digest of each table that only requests change."""
    with sqlite3.connect(data_dir / "remint.db") as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in _RESTLESS
        ]
        rows = {name: list(connection.execute(f'SELECT * FROM "{name}"')) for name in names}
    connection.close()
    return {
        name: hashlib.sha256(repr(sorted(map(repr, held))).encode()).hexdigest()
        for name, held in rows.items()
    }


def furnish(settings: Settings) -> World:
    """Makes the installation, and closes it."""
    world = World(settings)
    installation = Installation(settings, environ={})
    acme = create_workspace(installation, "Acme", actor=COMMAND)
    other = create_workspace(installation, "Other", actor=COMMAND)
    world.ids |= {"workspace": str(acme.id), "other": str(other.id)}
    _apps(installation, world, acme)
    _people(installation, world, acme)
    _keys(installation, world, acme, other)
    installation.close()
    return world


def _apps(installation: Installation, world: World, acme: Workspace) -> None:
    company = create_company(installation, acme, 7713, "Acme Corp", actor=COMMAND)
    orders = _app(installation, acme, "orders", "eshopbox")
    carrier = _app(installation, acme, "carrier", "genlogs", claims={"company_id": 7713})
    wallet = _app(installation, acme, "wallet", "partner")
    shared = {"access_algorithm": "HS256"}
    _app(installation, acme, "shared", "oauth2", policy=shared, audience="https://api.example")
    _app(installation, acme, "spare", "oauth2")
    rotate_secret(installation, orders, actor=COMMAND)
    turn_into_sales_channel(installation, orders, "sku", actor=COMMAND)
    here = install(installation, orders, acme, actor=COMMAND)
    trial = install_in_development(installation, orders, "Acme bench", actor=COMMAND)
    granted = issue_for(installation, orders, "user-1", actor=COMMAND)
    user = create_user(
        installation, "ada@example.com", workspace=acme, company=company.id, actor=COMMAND
    )
    world.ids |= {
        "company": str(company.id),
        "client_id": orders.client_id,
        "secret": str(installation.catalogue.app("orders").secrets[0].id),
        "api_key": str(installation.credentials.api_keys(carrier)[0].id),
        "number": str(wallet.number),
        "installation": str(here.installation.id),
        "development": str(trial.workspace.id),
        "grant": granted.held.grant.id.hex(),
        "user": str(user.user.id),
    }


def _app(installation: Installation, home: Workspace, name: str, dialect: str, **more: Any) -> App:
    draft = AppDraft(name=name, dialect=dialect, workspace=home, client_id=name, **more)
    return create_app(installation, draft, actor=COMMAND).app


def _people(installation: Installation, world: World, acme: Workspace) -> None:
    password = Secret("correct horse battery")
    for name in ("ada", "grace"):
        account = create_account(
            installation,
            f"{name}@example.com",
            name.title(),
            password,
            operator=True,
            actor=COMMAND,
        )
        member = installation.members.add(acme.id, account.id, "owner")
        world.ids |= {"account": str(account.id), "member": str(member.id)}
    invited = invite(installation, acme, "joan@example.com", "viewer", actor=COMMAND)
    world.ids["invitation"] = str(invited.invitation.id)


def _keys(installation: Installation, world: World, acme: Workspace, other: Workspace) -> None:
    bound = [each for each in PERMISSIONS if each not in INSTALLATION_WIDE]

    def make(name: str, scopes: list[Permission], workspace: Workspace | None, days: int = 30):
        made = create_admin_key(
            installation,
            ANYBODY,
            name,
            scopes,
            workspace=workspace,
            expires_in_days=days,
            actor=COMMAND,
        )
        world.keys[name] = made.secret.reveal()
        return made.key

    world.ids["installation_admin_key"] = str(make("spare root", ["apps:read"], None).id)
    world.ids["admin_key"] = str(make("spare", ["apps:read"], acme).id)
    make("root", list(PERMISSIONS), None)
    make("acme", bound, acme)
    make("other", bound, other)
    for permission in PERMISSIONS:
        rest: list[Permission] = [each for each in PERMISSIONS if each != permission]
        make(f"root without {permission}", rest, None)
        if permission in bound:
            make(f"acme without {permission}", [each for each in bound if each != permission], acme)
    revoked = make("revoked", list(PERMISSIONS), None)
    revoke_admin_key(installation, None, revoked.id, actor=COMMAND)
    expired = make("expired", list(PERMISSIONS), None)
    with installation.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE admin_keys SET expires_at = created_at - 1 WHERE id = ?", (expired.id,)
        )
    world.keys["unknown"] = world.keys["root"][:-9] + "000000000"
