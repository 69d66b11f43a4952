"""A workspace with a million grants, in seconds: rows as they are after some use, written in bulk.

They are no grants that anybody could renew: nobody has their tokens.
"""

import contextlib
import os
import random
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from remint.grant import Policy
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.store.files import StoreFiles
from remint.store.grantkey import grant_key
from remint.store.ledger import subject_key
from remint.store.records import App, NewApp, Workspace
from remint.store.schema import grants
from remint.store.sqlite.connection import prepare

_COLUMNS = tuple(grants.c.keys())
_INSERT = f"INSERT INTO grants ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_DAYS = 90
_SMALL_APPS = 49
_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Filled:
    """The workspace, its app that has nine tenths of the grants, one of the others, and a subject."""

    workspace: Workspace
    large: App
    small: App
    subject: str
    count: int


def fill(installation: Installation, count: int) -> Filled:
    """Makes a workspace of fifty apps with `count` grants, made and renewed over the last ninety days."""
    workspace = installation.workspaces.ensure("bench")
    made = [_app(installation, workspace, number) for number in range(_SMALL_APPS + 1)]
    # One made the ordinary way, so that its terms are there to point to.
    terms_id = issue(installation, made[0], "first").held.grant.terms_id
    large = int(count * _SHARE)
    owners = [made[0].id] * large
    owners += [made[1 + n % _SMALL_APPS].id for n in range(count - large)]
    with contextlib.closing(sqlite3.connect(installation.files.database)) as connection:
        prepare(connection, cache_kib=200_000, checkpoint_pages=20_000)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, _rows(owners, terms_id, installation.clock.now_ms()))
        connection.execute("COMMIT")
    return Filled(workspace, made[0], made[1], _subject(large // 2), count)


def index_bytes(folder: Path, index: str) -> int:
    """Bytes of the pages of one index."""
    with contextlib.closing(sqlite3.connect(StoreFiles(folder).database)) as connection:
        query = "SELECT sum(pgsize) FROM dbstat WHERE name = ?"
        return int(connection.execute(query, (index,)).fetchone()[0])


def _app(installation: Installation, workspace: Workspace, number: int) -> App:
    new = NewApp(
        workspace_id=workspace.id,
        client_id=f"console-{number}",
        name=f"App {number}",
        dialect="oauth2",
        authentication="secret",
        policy=Policy(),
        scope="orders.read",
    )
    return installation.catalogue.create_app(new, os.urandom(32))


def _subject(number: int) -> str:
    return f"user-{number:07}"


def _rows(owners: list[int], terms_id: int, now_ms: int) -> Iterator[tuple[object, ...]]:
    draw = random.Random(len(owners))
    now_s = now_ms // 1000
    # In the order of their keys, which fills the table's pages from left to right.
    ids = sorted(os.urandom(16) for _ in owners)
    places = list(range(len(owners)))
    draw.shuffle(places)
    for id_, number in zip(ids, places, strict=True):
        app_id, subject = owners[number], _subject(number)
        created = now_s - draw.randrange(_DAYS * 86_400)
        generation = draw.randrange(100)
        used_ms = (created + draw.randrange(now_s - created + 1)) * 1000
        values = {
            "key": grant_key(id_),
            "id": id_,
            "app_id": app_id,
            "subject": subject,
            "subject_key": subject_key(app_id, subject),
            "terms_id": terms_id,
            "salt": struct.pack(">QQ", number, created),
            "generation": generation,
            "key_id": 1,
            "created_at": created,
            "expires_at": 0,
            "advanced_at_ms": used_ms if generation else created * 1000,
        }
        yield tuple(values.get(column, 0) for column in _COLUMNS)
