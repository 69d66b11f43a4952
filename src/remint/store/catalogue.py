"""Apps: made, found, changed, revoked.

Every change raises the app's version and the catalogue's, see ``catalogueversion``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Row, Select, bindparam, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.grant import Policy
from remint.store import versioned
from remint.store.catalogueversion import catalogue_version, raise_catalogue_version
from remint.store.database import Database
from remint.store.journal import Entry
from remint.store.records import App, ClientSecret, NewApp, Workspace, company_claims
from remint.store.schema import api_keys, app_installations, apps, client_secrets, companies

FIRST_NUMBER: Final = 1001
"""Small numbers are what a stranger tries first."""
LIVE_SECRETS: Final = 2
"""So many secrets of an app may be valid at once: the old one and its successor."""


class AppName(NamedTuple):
    """An app in a list: its row's number, its client id and its name."""

    id: int
    client_id: str
    name: str


class Catalogue:
    """Reads and changes apps. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """Grows with every change to the catalogue."""
        with self._database.read() as connection:
            return catalogue_version(connection)

    def touch(self) -> None:
        """Raises the version, for a change beside the catalogue that other processes should look at."""
        with self._database.write() as connection:
            raise_catalogue_version(connection)

    def create_app(self, new: NewApp, secret_sha256: bytes | None, *, hint: str = "") -> App:
        """Creates an app, with its first secret (and that one's ``hint``) if it has one.

        Raises ``Conflict`` for a taken id or number.
        """
        values = {
            **msgspec.structs.asdict(new),
            "policy": _json(new.policy),
            "claims": _json(new.claims),
            "created_at": self._now_s(),
        }
        try:
            with self._database.write() as connection:
                app_id = connection.scalar(insert(apps).values(values).returning(apps.c.id))
                if secret_sha256 is not None:
                    secret = {
                        "app_id": app_id,
                        "sha256": secret_sha256,
                        "created_at": values["created_at"],
                        "hint": hint,
                    }
                    connection.execute(insert(client_secrets).values(secret))
                raise_catalogue_version(connection)
        except IntegrityError:
            raise Conflict(
                f"an app with the client id {new.client_id!r} or the number {new.number} exists already"
            ) from None
        return self.app(new.client_id)

    def names(self, workspace_id: int) -> list[AppName]:
        """What every app of a workspace is called, and every app that is installed in it; oldest first."""
        with self._database.read() as connection:
            return [
                AppName(*row) for row in connection.execute(_NAMES, {"workspace": workspace_id})
            ]

    def client_ids(self) -> dict[int, str]:
        """The client id of every app, by the number of its row."""
        with self._database.read() as connection:
            rows = connection.execute(select(apps.c.id, apps.c.client_id))
            return {row[0]: row[1] for row in rows}

    def apps(self, workspace_id: int | None = None) -> list[App]:
        """Every app, or a workspace's, oldest first, without their secrets."""
        query = _apps().order_by(apps.c.id)
        if workspace_id is not None:
            query = query.where(apps.c.workspace_id == workspace_id)
        with self._database.read() as connection:
            return [_app(row, ()) for row in connection.execute(query)]

    def speaking(self, dialect: str, workspace_ids: Collection[int], *, limit: int) -> list[App]:
        """So many apps of that dialect in those workspaces, by workspace, without their secrets."""
        wanted = _apps().where(apps.c.dialect == dialect, apps.c.workspace_id.in_(workspace_ids))
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(apps.c.workspace_id, apps.c.id).limit(limit))
            return [_app(row, ()) for row in rows]

    def search(
        self, workspace_id: int, *, query: str = "", after: int = 0, limit: int = 50
    ) -> list[App]:
        """Those of a workspace beyond the row ``after`` whose name or client id has ``query`` in it.

        Oldest first, without their secrets.
        """
        wanted = _apps().where(apps.c.workspace_id == workspace_id, apps.c.id > after)
        if query:
            named = func.lower(apps.c.name).contains(query.lower(), autoescape=True)
            wanted = wanted.where(or_(named, apps.c.client_id.contains(query, autoescape=True)))
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(apps.c.id).limit(limit)).all()
        return [_app(row, ()) for row in rows]

    def app(self, client_id: str) -> App:
        """The app of that client id. Raises ``NotFound``."""
        found = self._one(_OF_CLIENT, client=client_id)
        if found is None:
            raise NotFound(f"there is no app with the client id {client_id!r}")
        return found

    def app_numbered(self, app_id: int) -> App:
        """The app whose row has that number. Raises ``NotFound``."""
        found = self._one(_NUMBERED, number=app_id)
        if found is None:
            raise NotFound(f"there is no app numbered {app_id}")
        return found

    def all_numbered(self, app_ids: Collection[int]) -> dict[int, App]:
        """The apps of those numbers that there are, by number, without their secrets: one look for a list."""
        if not app_ids:
            return {}
        with self._database.read() as connection:
            rows = connection.execute(_apps().where(apps.c.id.in_(sorted(app_ids))))
            return {row.id: _app(row, ()) for row in rows}

    def find(
        self,
        *,
        client_id: str | None = None,
        number: int | None = None,
        api_key_sha256: bytes | None = None,
    ) -> App | None:
        """The app that a request names by exactly one of these, if there is one and the key is live."""
        if api_key_sha256 is not None:
            live = (api_keys.c.sha256 == api_key_sha256) & (api_keys.c.revoked_at == 0)
            return self._one(_apps().where(apps.c.id.in_(select(api_keys.c.app_id).where(live))))
        if number is not None:
            return self._one(_apps().where(apps.c.number == number))
        return self._one(_OF_CLIENT, client=client_id)

    def next_number(self) -> int:
        """The number after the highest that an app has; ``FIRST_NUMBER`` for the first."""
        with self._database.read() as connection:
            highest = int(connection.scalar(select(func.max(apps.c.number))) or 0)
        return max(highest + 1, FIRST_NUMBER)

    def change(self, app: App, values: Mapping[str, Any], *, expected: int | None = None) -> App:
        """Changes columns of ``app``, or none of them but its version, which tells that it changed.

        ``claims`` and ``policy`` are given as such. Raises ``StaleVersion``, with nothing changed, where its
        version is not ``expected`` any more (``None``: any will do), and ``Conflict`` for a sales channel's
        code that is taken.
        """
        columns = {
            name: _json(value) if name in ("claims", "policy") else value
            for name, value in values.items()
        }
        what = f"the app {app.client_id}"
        try:
            with self._database.write() as connection:
                versioned.change(connection, apps, app.id, columns, what=what, expected=expected)
                raise_catalogue_version(connection)
                return self.app(app.client_id)
        except IntegrityError:
            code = values.get("sales_channel")
            raise Conflict(f"a sales channel with the code {code!r} exists already") from None

    def set_disabled(self, app: App, disabled: bool, *, expected: int | None = None) -> App:
        """A disabled app is refused like one that does not exist; its grants stay."""
        at = self._now_s() if disabled else 0
        return self.change(app, {"disabled_at": at}, expected=expected)

    def disable_all_in(self, workspace: Workspace) -> None:
        """Disables every app of ``workspace``."""
        for app in self.apps(workspace.id):
            if not app.disabled_at:
                self.set_disabled(app, True)

    def sales_channels(self, beginning: str) -> set[str]:
        """The codes in use that begin so."""
        query = select(apps.c.sales_channel).where(
            apps.c.sales_channel.startswith(beginning, autoescape=True)
        )
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def revoke_app(self, app: App, *, expected: int | None = None) -> None:
        """Revokes every grant of ``app`` made until now, in O(1): raises its epoch."""
        with self._database.write() as connection:
            self.change(app, {"epoch": apps.c.epoch + 1}, expected=expected)
            epoch = connection.scalars(select(apps.c.epoch).where(apps.c.id == app.id)).one()
            self._database.revoked([Entry(at=self._now_s(), what="app", id=app.id, epoch=epoch)])

    def _one(self, query: Select[Any], **values: Any) -> App | None:
        with self._database.read() as connection:
            row = connection.execute(query, values).first()
            if row is None:
                return None
            held = connection.execute(_SECRETS, {"app": row.id}).all()
        return _app(row, tuple(ClientSecret(*secret) for secret in held))

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _apps() -> Select[Any]:
    joined = apps.outerjoin(companies, companies.c.id == apps.c.company_id)
    named = (companies.c.number.label("company_number"), companies.c.name.label("company_name"))
    return select(apps, *named).select_from(joined)


#: Built once: renewals and pages ask them.
_OF_CLIENT: Final = _apps().where(apps.c.client_id == bindparam("client"))
_NUMBERED: Final = _apps().where(apps.c.id == bindparam("number"))
_NAMES: Final = (
    select(apps.c.id, apps.c.client_id, apps.c.name)
    .where(
        or_(
            apps.c.workspace_id == bindparam("workspace"),
            apps.c.id.in_(
                select(app_installations.c.app_id)
                .where(app_installations.c.workspace_id == bindparam("workspace"))
                .where(app_installations.c.removed_at == 0)
            ),
        )
    )
    .order_by(apps.c.id)
)
_SECRETS: Final = (
    select(*(client_secrets.c[name] for name in ClientSecret.__struct_fields__))
    .where(client_secrets.c.app_id == bindparam("app"))
    .order_by(client_secrets.c.id.desc())
    .limit(LIVE_SECRETS)
)


def _app(row: Row[Any], secrets: tuple[ClientSecret, ...]) -> App:
    claims = msgspec.json.decode(row.claims)
    told = company_claims(row.company_number, row.company_name)
    if row.sales_channel is not None:
        told |= {"sales_channel": row.sales_channel, "product_identifier": row.product_identifier}
    return App(
        id=row.id,
        workspace_id=row.workspace_id,
        client_id=row.client_id,
        number=row.number,
        name=row.name,
        dialect=row.dialect,
        authentication=row.authentication,
        policy=msgspec.json.decode(row.policy, type=Policy),
        scope=row.scope,
        audience=row.audience,
        claims=claims,
        disabled_at=row.disabled_at,
        created_at=row.created_at,
        description=row.description,
        company_id=row.company_id,
        sales_channel=row.sales_channel,
        product_identifier=row.product_identifier,
        version=row.version,
        secrets=secrets,
        token_claims={**claims, **told},
    )
