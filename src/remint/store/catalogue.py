"""Workspaces, apps and their credentials.

Every change raises the catalogue's version, by which other processes notice that what they cached is stale.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.grant import Policy
from remint.store.database import Database
from remint.store.journal import Entry
from remint.store.records import ApiKey, App, ClientSecret, NewApp, Workspace, company_claims
from remint.store.schema import api_keys, apps, client_secrets, companies, meta, workspaces

_VERSION: Final = "catalogue_version"
FIRST_NUMBER: Final = 1001
"""Small numbers are what a stranger tries first."""
LIVE_SECRETS: Final = 2
"""So many secrets of an app may be valid at once: the old one and its successor."""


class Catalogue:
    """Reads and changes the catalogue. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """Grows with every change to the catalogue."""
        with self._database.read() as connection:
            value = connection.scalar(select(meta.c.value).where(meta.c.key == _VERSION))
        return int(value or 0)

    def touch(self) -> None:
        """Raises the version, for a change beside the catalogue that other processes should look at."""
        with self._database.write() as connection:
            _bump(connection)

    def workspaces(self) -> list[Workspace]:
        """Every workspace, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(workspaces).order_by(workspaces.c.id)).all()
        return [Workspace(*row) for row in rows]

    def workspace_numbered(self, number: int) -> Workspace:
        """The workspace of that id. Raises ``NotFound``."""
        with self._database.read() as connection:
            row = connection.execute(select(workspaces).where(workspaces.c.id == number)).first()
        if row is None:
            raise NotFound(f"there is no workspace {number}")
        return Workspace(*row)

    def workspace(self, name: str, *, create: bool = False, kind: str = "production") -> Workspace:
        """The workspace of that name. Raises ``NotFound`` unless it is to be created, as of that kind."""
        query = select(workspaces).where(workspaces.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None and create:
            with self._database.write() as connection:
                row = connection.execute(query).first()
                if row is None:
                    connection.execute(
                        insert(workspaces).values(name=name, kind=kind, created_at=self._now_s())
                    )
                    row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"there is no workspace named {name!r}")
        return Workspace(*row)

    def create_app(self, new: NewApp, secret_sha256: bytes | None) -> App:
        """Creates an app, with its first secret if it has one.

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
                    self._add_secret(connection, int(app_id or 0), secret_sha256)
                _bump(connection)
        except IntegrityError:
            raise Conflict(
                f"an app with the client id {new.client_id!r} or the number {new.number} exists already"
            ) from None
        return self.app(new.client_id)

    def apps(self, workspace_id: int | None = None) -> list[App]:
        """Every app, or a workspace's, oldest first, without their secrets."""
        query = _apps().order_by(apps.c.id)
        if workspace_id is not None:
            query = query.where(apps.c.workspace_id == workspace_id)
        with self._database.read() as connection:
            return [_app(row, ()) for row in connection.execute(query)]

    def app(self, client_id: str) -> App:
        """The app of that client id. Raises ``NotFound``."""
        found = self._one(_apps().where(apps.c.client_id == client_id))
        if found is None:
            raise NotFound(f"there is no app with the client id {client_id!r}")
        return found

    def app_numbered(self, app_id: int) -> App:
        """The app whose row has that number. Raises ``NotFound``."""
        found = self._one(_apps().where(apps.c.id == app_id))
        if found is None:
            raise NotFound(f"there is no app numbered {app_id}")
        return found

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
        return self._one(_apps().where(apps.c.client_id == client_id))

    def next_number(self) -> int:
        """The number after the highest that an app has; ``FIRST_NUMBER`` for the first."""
        with self._database.read() as connection:
            highest = int(connection.scalar(select(func.max(apps.c.number))) or 0)
        return max(highest + 1, FIRST_NUMBER)

    def add_secret(self, app: App, sha256: bytes, *, old_expires_at: int) -> None:
        """Gives ``app`` a further secret; those before it end at ``old_expires_at`` at the latest."""
        with self._database.write() as connection:
            connection.execute(
                update(client_secrets)
                .where(client_secrets.c.app_id == app.id)
                .where(
                    or_(
                        client_secrets.c.expires_at == 0,
                        client_secrets.c.expires_at > old_expires_at,
                    )
                )
                .values(expires_at=old_expires_at)
            )
            self._add_secret(connection, app.id, sha256)
            _bump(connection)

    def add_api_key(self, app: App, sha256: bytes) -> None:
        """Gives ``app`` a further API key. Raises ``Conflict`` for one that an app has, or had."""
        values = {"app_id": app.id, "sha256": sha256, "created_at": self._now_s()}
        try:
            with self._database.write() as connection:
                connection.execute(insert(api_keys).values(values))
                _bump(connection)
        except IntegrityError:
            raise Conflict("that API key is, or was, an app's already") from None

    def api_keys(self, app: App) -> list[ApiKey]:
        """The API keys of ``app``, oldest first."""
        query = select(api_keys.c.id, api_keys.c.created_at, api_keys.c.revoked_at, api_keys.c.hint)
        with self._database.read() as connection:
            rows = connection.execute(
                query.where(api_keys.c.app_id == app.id).order_by(api_keys.c.id)
            ).all()
        return [ApiKey(*row) for row in rows]

    def revoke_api_key(self, app: App, key_id: int) -> None:
        """Ends an API key of ``app`` for good. Raises ``NotFound`` if it has none of that number."""
        mine = (api_keys.c.app_id == app.id) & (api_keys.c.id == key_id)
        live = api_keys.c.revoked_at == 0
        with self._database.write() as connection:
            if connection.scalar(select(api_keys.c.id).where(mine)) is None:
                raise NotFound(f"the app {app.client_id} has no API key number {key_id}")
            connection.execute(update(api_keys).where(mine & live).values(revoked_at=self._now_s()))
            _bump(connection)

    def set_claims(self, app: App, claims: dict[str, Any]) -> None:
        """Replaces what travels in the app's access tokens from the next renewal on."""
        with self._database.write() as connection:
            connection.execute(update(apps).where(apps.c.id == app.id).values(claims=_json(claims)))
            _bump(connection)

    def set_disabled(self, app: App, disabled: bool) -> None:
        """A disabled app is refused like one that does not exist; its grants stay."""
        at = self._now_s() if disabled else 0
        with self._database.write() as connection:
            connection.execute(update(apps).where(apps.c.id == app.id).values(disabled_at=at))
            _bump(connection)

    def revoke_app(self, app: App) -> None:
        """Revokes every grant of ``app`` made until now, in O(1): raises its epoch."""
        with self._database.write() as connection:
            epoch = int(connection.scalar(select(apps.c.epoch).where(apps.c.id == app.id)) or 0) + 1
            self._database.journal.append(
                [Entry(at=self._now_s(), what="app", id=app.id, epoch=epoch)]
            )
            connection.execute(update(apps).where(apps.c.id == app.id).values(epoch=epoch))
            _bump(connection)

    def revoke_workspace(self, workspace: Workspace) -> None:
        """Revokes every grant in ``workspace`` made until now, in O(1): raises its epoch."""
        mine = workspaces.c.id == workspace.id
        with self._database.write() as connection:
            epoch = int(connection.scalar(select(workspaces.c.epoch).where(mine)) or 0) + 1
            self._database.journal.append(
                [Entry(at=self._now_s(), what="workspace", id=workspace.id, epoch=epoch)]
            )
            connection.execute(update(workspaces).where(mine).values(epoch=epoch))
            _bump(connection)

    def _one(self, query: Select[Any]) -> App | None:
        with self._database.read() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            held = connection.execute(
                select(
                    client_secrets.c.id,
                    client_secrets.c.sha256,
                    client_secrets.c.created_at,
                    client_secrets.c.expires_at,
                    client_secrets.c.hint,
                )
                .where(client_secrets.c.app_id == row.id)
                .order_by(client_secrets.c.id.desc())
                .limit(LIVE_SECRETS)
            ).all()
        return _app(row, tuple(ClientSecret(*secret) for secret in held))

    def _add_secret(self, connection: Connection, app_id: int, sha256: bytes) -> None:
        connection.execute(
            insert(client_secrets).values(app_id=app_id, sha256=sha256, created_at=self._now_s())
        )

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def _bump(connection: Connection) -> None:
    current = connection.scalar(select(func.max(meta.c.value)).where(meta.c.key == _VERSION))
    if current is None:
        connection.execute(insert(meta).values(key=_VERSION, value="1"))
    else:
        connection.execute(
            update(meta).where(meta.c.key == _VERSION).values(value=str(int(current) + 1))
        )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _apps() -> Select[Any]:
    joined = apps.outerjoin(companies, companies.c.id == apps.c.company_id)
    named = (companies.c.number.label("company_number"), companies.c.name.label("company_name"))
    return select(apps, *named).select_from(joined)


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
