"""A store with everything in it that a case needs, and a clock to go with it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from remint.grant import Grant, Policy, Presentation, Terms, judge
from remint.store.accounts import Accounts
from remint.store.adminkeys import AdminKeys
from remint.store.appinstallations import AppInstallations
from remint.store.catalogue import Catalogue
from remint.store.companies import Companies
from remint.store.credentials import Credentials
from remint.store.invitations import Invitations
from remint.store.journal import Journal
from remint.store.ledger import Ledger
from remint.store.members import Members
from remint.store.people import People
from remint.store.places import Place, SQLitePlace
from remint.store.protocols import AuditEvent, Change, Exchange, GrantBackend, Held
from remint.store.records import App, NewApp
from remint.store.sessions import Sessions
from remint.store.trail import Trail
from remint.store.workspaces import Workspaces

NOW_MS = 1_800_000_000_000
NOW = NOW_MS // 1000


class SetClock:
    """A wall clock and a stopwatch that stand still until they are told to move."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 5_000_000

    def now_ms(self) -> int:
        """The wall."""
        return self._now_ms

    def monotonic_ms(self) -> int:
        """The stopwatch."""
        return self._monotonic_ms

    def step(self, milliseconds: int) -> None:
        """Time passes."""
        self._now_ms += milliseconds
        self._monotonic_ms += milliseconds

    def jump(self, milliseconds: int) -> None:
        """Somebody sets the wall clock."""
        self._now_ms += milliseconds


class Store:
    """One store, with an app in it, and its grants numbered from 1. An engine says the rest."""

    def __init__(self, place: Place, clock: SetClock) -> None:
        self.clock = clock
        self.place = place
        self.files = place.files
        place.upgrade()
        self.database = place.database(clock)
        self.workspaces = Workspaces(self.database)
        self.catalogue = Catalogue(self.database)
        self.credentials = Credentials(self.database)
        self.app_installations = AppInstallations(self.database)
        self.companies = Companies(self.database)
        self.ledger = Ledger(self.database)
        self.people = People(self.database)
        self.accounts = Accounts(self.database)
        self.members = Members(self.database)
        self.invitations = Invitations(self.database)
        self.sessions = Sessions(self.database)
        self.admin_keys = AdminKeys(self.database)
        self.trail = Trail(self.database)
        self.journal = Journal(self.files.journal)
        self._backends: list[GrantBackend] = []
        self._apps: dict[str, App] = {}

    def backend(self) -> GrantBackend:
        """What one more server process would have."""
        made = self.place.backend(self.clock)
        self._backends.append(made)
        return made

    def close(self) -> None:
        """Closes everything that was opened."""
        for backend in self._backends:
            with contextlib.suppress(OSError):
                backend.close()
        self._backends.clear()
        self.database.close()

    def app(self, client_id: str = "app", workspace: str = "main", **changed: Any) -> App:
        """An app, new unless there is one of that id."""
        if client_id in self._apps:
            return self._apps[client_id]
        fields: dict[str, Any] = {
            "workspace_id": self.workspaces.ensure(workspace).id,
            "client_id": client_id,
            "name": client_id.title(),
            "dialect": "oauth2",
            "authentication": "secret",
            "policy": Policy(),
        }
        made = self.catalogue.create_app(NewApp(**{**fields, **changed}), b"s" * 32)
        self._apps[client_id] = made
        return made

    def unsaved(self, number: int, **changed: Any) -> Grant:
        """A grant that is not in the store yet."""
        fields: dict[str, Any] = {
            "id": grant_id(number),
            "app_id": self.app().id,
            "subject": "ada",
            "terms_id": 0,
            "salt": number.to_bytes(16, "little"),
            "generation": 0,
            "key_id": 1,
            "created_at": self.clock.now_ms() // 1000,
            "expires_at": 0,
            "advanced_at_ms": self.clock.now_ms(),
        }
        return Grant(**{**fields, **changed})

    def grant(self, number: int = 1, *, policy: Policy | None = None, **changed: Any) -> Grant:
        """A grant that is in the store."""
        agreed = Terms(policy or Policy(), "read write")
        return self.ledger.issue(self.unsaved(number, **changed), agreed, event("grant_issued"))

    def many(self, count: int, *, first: int = 1) -> list[Grant]:
        """So many grants that are in the store, of one kind."""
        agreed = Terms(Policy(), "many")
        grants = [self.unsaved(number) for number in range(first, first + count)]
        self.ledger.bring_in(grants, [agreed] * count)
        return grants

    @contextlib.contextmanager
    def gone(self) -> Iterator[None]:
        """The database is not there while the block runs."""
        raise NotImplementedError
        yield

    def copy(self, target: Path) -> None:
        """Copies the database as a backup would; ``target`` names the copy."""
        raise NotImplementedError

    def put_back(self, copy: Path) -> None:
        """Puts an older copy in the database's place, under whoever has it open."""
        raise NotImplementedError


class SQLiteStore(Store):
    """One data directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__(SQLitePlace(directory), SetClock())

    @contextlib.contextmanager
    def gone(self) -> Iterator[None]:
        """See ``Store``. Nobody may make the file anew meanwhile."""
        away = self.files.database.with_suffix(".away")
        self.files.database.rename(away)
        try:
            yield
            assert not self.files.database.exists()
        finally:
            away.rename(self.files.database)

    def copy(self, target: Path) -> None:
        """Copies the database as a backup would."""
        with (
            contextlib.closing(sqlite3.connect(self.files.database)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)

    def put_back(self, copy: Path) -> None:
        """Puts an older copy in the database's place, under whoever has it open."""
        fresh = self.files.database.with_suffix(".restored")
        shutil.copyfile(copy, fresh)
        for suffix in ("-wal", "-shm"):
            self.files.database.with_name(self.files.database.name + suffix).unlink(missing_ok=True)
        fresh.replace(self.files.database)
        # Others look for another file at most once a second.
        self.clock.step(1_001)


def grant_id(number: int) -> bytes:
    """Ids that lie far apart in the table."""
    return (number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big") + number.to_bytes(8, "big")


def event(name: str, grant: Grant | None = None) -> AuditEvent:
    """An audit event."""
    return AuditEvent(NOW_MS, name, grant_id=None if grant is None else grant.id)


def read(backend: GrantBackend, *grants: Grant) -> list[Held | None]:
    """These grants, as the backend has them now."""
    answer = backend.exchange([], [], [grant.id for grant in grants])
    assert answer.read_error is None, answer.read_error
    return [answer.held.get(grant.id) for grant in grants]


def one(backend: GrantBackend, grant: Grant) -> Grant:
    """That grant, which must be there."""
    (held,) = read(backend, grant)
    assert held is not None
    return held.grant


def advanced(grant: Grant, by: int = 1, **changed: Any) -> Change:
    """The change that a renewal asks for."""
    after = msgspec.structs.replace(grant, generation=grant.generation + by, **changed)
    return Change(grant, after)


def done(answer: Exchange) -> bool:
    """Whether the backend says that the changes are durable."""
    return answer.write_error is None and not answer.conflict and not answer.lost


def presented(held: Held, generation: int, exchange: Exchange, key_id: int = 1):
    """The verdict on a token of that generation that has just come in."""
    return judge(
        held.grant,
        held.terms.policy,
        Presentation(held.grant.app_id, generation, exchange.now_ms),
        now_ms=exchange.now_ms,
        serving_since_ms=exchange.serving_since_ms,
        mint_key_id=key_id,
    )
