"""A data directory full of grants, and the refresh tokens of those that will be renewed.

Everything but the bulk of the grants is made the way the commands make it. The bulk goes in by
thousands to a transaction, in the order of its random keys, that is in none, as real grants come.
"""

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bench.load.burst import Shape
from remint.clock import system_entropy
from remint.grant import Policy, Terms
from remint.issuer.grants.issuing import issue, new_grant, terms_for
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.files import StoreFiles
from remint.store.grantkey import grant_key
from remint.store.ledger import subject_key
from remint.store.records import App, NewApp
from remint.store.schema import grants
from remint.token.credentials import fingerprint, mint_api_key, mint_client_secret

CHAINS = 64
_BATCH = 20_000
_SPREAD = 16_384
_PARTNER = 7001
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_COLUMNS = tuple(grants.c.keys())
_INSERT = f"INSERT INTO grants ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_SUCCESSOR = '"refresh_token":"'


@dataclass(frozen=True, slots=True)
class Client:
    """One app: the request that renews with it, and the tokens to start with."""

    shape: Shape
    tokens: list[str]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made: `clients` by the name of what they measure, and how much room it took.

    `bytes_per_grant` is that of the bulk alone; `bytes_at_first` is all of the database.
    """

    clients: dict[str, Client]
    grants: int
    bytes_per_grant: float
    bytes_at_first: int


def seed(folder: Path, count: int) -> Seeded:
    """Makes a data directory in `folder` with `count` grants of one app, and a few of others."""
    with opened(folder) as installation:
        maker = Maker(installation)
        bulk = maker.oauth2("rotate", "rotate")
    before = bytes_on_disk(folder)
    with opened(folder) as installation:
        spread = _fill(installation, bulk.app, count, min(_SPREAD, count))
    size = (bytes_on_disk(folder) - before) / count
    clients = {}
    with opened(folder) as installation:
        maker = Maker(installation)
        clients["rotate"] = Client(bulk.shape, maker.tokens(bulk.app))
        clients["rotate, spread"] = Client(bulk.shape, spread)
        for name, made in (
            ("keep", maker.oauth2("keep", "keep")),
            ("eshopbox", maker.eshopbox()),
            ("partner", maker.partner()),
            ("genlogs", maker.genlogs()),
        ):
            clients[name] = Client(made.shape, maker.tokens(made.app))
    return Seeded(clients, count, size, bytes_on_disk(folder))


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Installation]:
    """The installation in `folder`, as a command opens it."""
    installation = Installation(Settings(data_dir=folder), environ={})
    try:
        yield installation
    finally:
        installation.close()


def bytes_on_disk(folder: Path) -> int:
    """Bytes of the database, with what its log holds brought home first. Nobody may have it open."""
    file = StoreFiles(folder).database
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(path.stat().st_size for path in folder.glob(f"{file.name}*"))


@dataclass(frozen=True, slots=True)
class _Made:
    app: App
    shape: Shape


class Maker:
    """Makes an app for each dialect, with the request that renews its grants."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._workspace = installation.workspaces.ensure("bench")

    def tokens(self, app: App) -> list[str]:
        """The first refresh tokens of new grants, one for each chain."""
        return [
            issue(self._installation, app, f"user-{number:07}").refresh_token.reveal()
            for number in range(CHAINS)
        ]

    def oauth2(self, name: str, rotation: str) -> _Made:
        app, secret = self._app(name, "oauth2", {"rotation": rotation})
        body = f"grant_type=refresh_token&client_id={app.client_id}&client_secret={secret}"
        successor = _SUCCESSOR if rotation == "rotate" else None
        body += "&refresh_token={{token}}"
        return _Made(app, Shape("POST", "/oauth/token", _FORM, body, successor))

    def eshopbox(self) -> _Made:
        app, secret = self._app("eshopbox", "eshopbox", {"rotation": "keep"})
        body = (
            f'{{"grant_type":"refresh_token","client_id":"{app.client_id}",'
            f'"client_secret":"{secret}","refresh_token":"{{{{token}}}}"}}'
        )
        return _Made(app, Shape("POST", "/api/v1/generateToken", _JSON, body))

    def partner(self) -> _Made:
        app, _ = self._app("partner", "partner", {}, number=_PARTNER, authentication="none")
        headers = {**_JSON, "partnerId": str(_PARTNER), "grantType": "refresh_token"}
        body = '{"refreshToken":"{{token}}"}'
        return _Made(app, Shape("POST", "/v1/auth/token", headers, body, _SUCCESSOR))

    def genlogs(self) -> _Made:
        claims = {"company_id": 7713}
        app, _ = self._app("genlogs", "genlogs", {}, authentication="api_key", claims=claims)
        key = mint_api_key(system_entropy).reveal()
        self._installation.credentials.add_api_key(app, fingerprint(key))
        path = "/auth/token/refresh?refresh_token={{token}}"
        successor = '"refresh_token_data":{"token":"'
        return _Made(app, Shape("POST", path, {"x-api-key": key}, next_token=successor))

    def _app(self, name: str, dialect: str, policy: dict[str, Any], **more: Any) -> tuple[App, str]:
        secret = mint_client_secret(system_entropy).reveal()
        new = NewApp(
            workspace_id=self._workspace.id,
            client_id=f"bench-{name}",
            name=name,
            dialect=dialect,
            policy=Policy(**policy),
            scope="orders.read orders.write",
            **{"authentication": "secret", **more},
        )
        hashed = fingerprint(secret) if new.authentication == "secret" else None
        return self._installation.catalogue.create_app(new, hashed), secret


def _fill(installation: Installation, app: App, count: int, sample: int) -> list[str]:
    """Writes `count` grants of `app`; the refresh tokens of `sample` of them, picked at random."""
    terms = terms_for(app)
    # One grant made the ordinary way, so that its terms are there to point to.
    terms_id = issue(installation, app, "first").held.grant.terms_id
    chosen = set(random.Random(count).sample(range(count), sample))
    tokens = []
    for start in range(0, count, _BATCH):
        with installation.database.write() as connection:
            numbers = range(start, min(start + _BATCH, count))
            tokens += _write(installation, connection, app, terms, terms_id, numbers, chosen)
    return tokens


def _write(
    installation: Installation,
    connection: Connection,
    app: App,
    terms: Terms,
    terms_id: int,
    numbers: range,
    chosen: set[int],
) -> list[str]:
    rows, tokens = [], []
    for number in numbers:
        grant = new_grant(installation, app, f"user-{number:07}", terms)
        values = {name: getattr(grant, name) for name in grant.__struct_fields__}
        del values["current_epoch"]
        values |= {"terms_id": terms_id, "key": grant_key(grant.id)}
        values["subject_key"] = subject_key(app.id, grant.subject)
        rows.append(tuple(values[name] for name in _COLUMNS))
        if number in chosen:
            line = installation.keys.codec.line(grant.key_id, grant.salt)
            assert line is not None
            tokens.append(line.token(grant.id, grant.generation, grant.expires_at))
    # Straight to the driver: SQLAlchemy would look at each of a million rows.
    connection.exec_driver_sql(_INSERT, rows)
    return tokens
