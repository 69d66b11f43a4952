"""A data directory with apps and grants in it, made as the commands make them, and its server."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from remint.clock import system_entropy
from remint.grant import policy_from
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.records import App, Authentication, NewApp
from remint.token.credentials import fingerprint, mint_client_secret
from tests.promises.clock import FileClock
from tests.promises.line import Answer, Line, post
from tests.promises.server import Server, Zygote


@dataclass(frozen=True)
class Client:
    """A confidential OAuth client, as its owner knows it."""

    app: App
    secret: str

    def request(self, token: str, **more: str) -> bytes:
        """The request that renews with ``token``."""
        extra = "".join(f"&{name}={value}" for name, value in more.items())
        body = (
            f"grant_type=refresh_token&client_id={self.app.client_id}&client_secret={self.secret}"
            f"&refresh_token={token}{extra}"
        )
        return post("/oauth/token", body.encode())


class Estate:
    """What a test works on. The server is not started yet."""

    def __init__(self, folder: Path, zygote: Zygote, **settings: Any) -> None:
        self.clock = FileClock(folder / "clock")
        merged = {"data_dir": folder / "data", "port": 0, **settings}
        self.server = Server(zygote, msgspec.convert(merged, Settings), folder / "clock")

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.server.settings.data_dir

    @property
    def database(self) -> Path:
        """The database file."""
        return self.data / "remint.db"

    def close(self) -> None:
        """The server is gone."""
        self.server.kill()

    @contextlib.contextmanager
    def opened(self) -> Iterator[Installation]:
        """The installation, as a command opens it, whether or not the server runs."""
        installation = Installation(self.server.settings, clock=self.clock, environ={})
        try:
            yield installation
        finally:
            installation.close()

    def client(
        self,
        name: str = "app",
        *,
        workspace: str = "test",
        dialect: str = "oauth2",
        authentication: Authentication = "secret",
        number: int | None = None,
        **policy: Any,
    ) -> Client:
        """A new app."""
        secret = mint_client_secret(system_entropy).reveal()
        with self.opened() as installation:
            app = installation.catalogue.create_app(
                NewApp(
                    workspace_id=installation.workspaces.ensure(workspace).id,
                    client_id=name,
                    name=name,
                    dialect=dialect,
                    authentication=authentication,
                    policy=policy_from(policy),
                    number=number,
                    scope="read write",
                ),
                fingerprint(secret) if authentication == "secret" else None,
            )
        return Client(app, secret)

    def grants(self, client: Client, count: int = 1, *, subject: str = "user") -> list[str]:
        """The first refresh tokens of new grants."""
        with self.opened() as installation:
            return [
                issue(installation, client.app, f"{subject}-{number}").refresh_token.reveal()
                for number in range(count)
            ]

    def renew(self, client: Client, token: str) -> Answer:
        """One renewal over a connection of its own."""
        line = Line(self.server.port)
        try:
            return line.ask(client.request(token))
        finally:
            line.close()

    def chain(self, client: Client, token: str, times: int) -> str:
        """The newest refresh token after so many renewals."""
        for _ in range(times):
            token = self.renew(client, token).token
        return token

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database file."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(statement, values).fetchall()

    def audit(self, event: str) -> list[dict[str, Any]]:
        """The details of every audit event of that name, oldest first."""
        rows = self.query("SELECT detail FROM audit WHERE event = ? ORDER BY id", event)
        return [json.loads(detail) for (detail,) in rows]
