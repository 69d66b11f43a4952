"""What apps show: client secrets and API keys, by their SHA-256."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.catalogueversion import raise_catalogue_version
from remint.store.database import Database
from remint.store.records import ApiKey, App
from remint.store.schema import api_keys, apps, client_secrets

_ENDING: Final = (
    select(apps.c.client_id, apps.c.name, client_secrets.c.expires_at)
    .select_from(client_secrets.join(apps, apps.c.id == client_secrets.c.app_id))
    .where(apps.c.workspace_id == bindparam("workspace"), apps.c.disabled_at == 0)
    .where(client_secrets.c.expires_at > bindparam("now"))
    .where(client_secrets.c.expires_at <= bindparam("until"))
    .order_by(client_secrets.c.expires_at)
)


class Credentials:
    """Reads and changes them. Every method is one transaction and may raise ``StoreUnavailable``.

    Each change raises the app's version; ``expected`` is the one that the caller last saw, ``None`` for any.
    Where it is another by now, ``StaleVersion`` is raised and nothing changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_secret(
        self,
        app: App,
        sha256: bytes,
        *,
        old_expires_at: int,
        hint: str = "",
        expected: int | None = None,
    ) -> None:
        """Gives ``app`` a further secret; the one before it ends at ``old_expires_at`` at the latest.

        Two may be good at once: the one before that goes.
        """
        with self._database.write() as connection:
            self._raise_version(connection, app, expected)
            mine = client_secrets.c.app_id == app.id
            live = connection.scalars(
                select(client_secrets.c.id)
                .where(mine, self._is_live())
                .order_by(client_secrets.c.id.desc())
            ).first()
            connection.execute(delete(client_secrets).where(mine, client_secrets.c.id != live))
            ends_later = or_(
                client_secrets.c.expires_at == 0, client_secrets.c.expires_at > old_expires_at
            )
            connection.execute(
                update(client_secrets).where(mine, ends_later).values(expires_at=old_expires_at)
            )
            connection.execute(
                insert(client_secrets).values(
                    app_id=app.id, sha256=sha256, created_at=self._now_s(), hint=hint
                )
            )

    def end_secret(self, app: App, secret_id: int, *, expected: int | None = None) -> None:
        """Ends a secret of ``app`` now. Raises ``NotFound`` where no live one has that number."""
        mine = (client_secrets.c.app_id == app.id) & (client_secrets.c.id == secret_id)
        with self._database.write() as connection:
            self._raise_version(connection, app, expected)
            ended = (
                update(client_secrets).where(mine, self._is_live()).values(expires_at=self._now_s())
            )
            if not connection.execute(ended).rowcount:
                raise NotFound(f"the app {app.client_id} has no live secret number {secret_id}")

    def ending(self, workspace_id: int, until_s: int) -> list[tuple[str, str, int]]:
        """Secrets of a workspace's apps that end by themselves until then, the next one first.

        Each as the app's client id and name, and when the secret ends, in seconds since the epoch.
        """
        asked = {"workspace": workspace_id, "now": self._now_s(), "until": until_s}
        with self._database.read() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(_ENDING, asked)]

    def add_api_key(
        self, app: App, sha256: bytes, *, hint: str = "", expected: int | None = None
    ) -> ApiKey:
        """Gives ``app`` a further API key. Raises ``Conflict`` for one that an app has, or had."""
        values = {"app_id": app.id, "sha256": sha256, "created_at": self._now_s(), "hint": hint}
        try:
            with self._database.write() as connection:
                self._raise_version(connection, app, expected)
                connection.execute(insert(api_keys).values(values))
                return self.api_keys(app)[-1]
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

    def revoke_api_key(self, app: App, key_id: int, *, expected: int | None = None) -> None:
        """Ends an API key of ``app`` for good. Raises ``NotFound`` if it has none of that number."""
        mine = (api_keys.c.app_id == app.id) & (api_keys.c.id == key_id)
        live = api_keys.c.revoked_at == 0
        with self._database.write() as connection:
            if connection.scalar(select(api_keys.c.id).where(mine)) is None:
                raise NotFound(f"the app {app.client_id} has no API key number {key_id}")
            self._raise_version(connection, app, expected)
            connection.execute(update(api_keys).where(mine & live).values(revoked_at=self._now_s()))

    def _raise_version(self, connection: Connection, app: App, expected: int | None) -> None:
        what = f"the app {app.client_id}"
        versioned.change(connection, apps, app.id, {}, what=what, expected=expected)
        raise_catalogue_version(connection)

    def _is_live(self) -> Any:
        return or_(client_secrets.c.expires_at == 0, client_secrets.c.expires_at > self._now_s())

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000
