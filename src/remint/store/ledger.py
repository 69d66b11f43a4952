"""Grants, away from the hot path: issued, listed, revoked, imported, purged."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final, TypeVar, cast

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict
from remint.grant import Grant, Revocation, Terms
from remint.grant.rules import has_ended
from remint.store.database import Database
from remint.store.grantkey import grant_key
from remint.store.journal import DAYS, Entry
from remint.store.protocols import AuditEvent, Held
from remint.store.schema import apps, grants, subject_epochs, terms, workspaces
from remint.store.trail import record

_KEY_END: Final = 1 << 63
#: Most grants of a list share their terms: each is decoded once.
_TERMS_KEPT: Final = 256


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _tried(method: _Method) -> _Method:
    """A method that is one transaction, about rows that may be renewed just then: see ``Database.tried``."""

    @functools.wraps(method)
    def tried(self: Ledger, *given: Any, **named: Any) -> Any:
        return self._database.tried(functools.partial(method, self, *given, **named))

    return cast(_Method, tried)


class Ledger:
    """Reads and changes grants. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @_tried
    def issue(self, grant: Grant, agreed: Terms, event: AuditEvent) -> Grant:
        """Writes a new grant under its app's and subject's present epochs; the oldest beyond the policy's
        limit for the subject go. Gives the grant back with its terms' number and epochs.
        """
        with self._database.write() as connection:
            made = msgspec.structs.replace(
                grant,
                terms_id=_terms_id(connection, agreed),
                epoch=(epoch := _epoch(connection, grant.app_id, grant.subject)),
                current_epoch=epoch,
            )
            connection.execute(insert(grants).values(_values(made)))
            limit = agreed.policy.grants_per_subject
            if limit is not None:
                self._supersede(connection, made, limit)
            record(connection, [event])
        return made

    @_tried
    def bring_in(self, batch: Sequence[Grant], agreed: Sequence[Terms]) -> int:
        """Adds imported grants that are not there yet; gives back how many were new."""
        with self._database.write() as connection:
            keys = [grant_key(grant.id) for grant in batch]
            there = set(connection.scalars(select(grants.c.key).where(grants.c.key.in_(keys))))
            epoch_of = _epochs(connection, batch)
            numbers: dict[int, int] = {}
            rows: dict[int, dict[str, Any]] = {}
            for key, grant, terms_of in zip(keys, batch, agreed, strict=True):
                if key in there:
                    continue
                number = numbers.get(id(terms_of)) or _terms_id(connection, terms_of)
                numbers[id(terms_of)] = number
                epoch = epoch_of(grant)
                rows[key] = _values(msgspec.structs.replace(grant, terms_id=number, epoch=epoch))
            if rows:
                connection.execute(insert(grants), list(rows.values()))
        return len(rows)

    def imported(self) -> list[int]:
        """The keys of every imported grant that is still kept."""
        with self._database.read() as connection:
            return list(connection.scalars(select(grants.c.key).where(grants.c.imported == 1)))

    def find(self, grant_id: bytes) -> Held | None:
        """One grant, with its terms."""
        query = with_terms().where(grants.c.key == grant_key(grant_id), grants.c.id == grant_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else held_of(row)

    def count(self) -> int:
        """How many rows there are. Reads them all."""
        with self._database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(grants)) or 0)

    @_tried
    def revoke(self, grant_id: bytes, why: Revocation, event: AuditEvent) -> bool:
        """Revokes one grant; ``False`` if there is none or it was revoked before."""
        with self._database.write() as connection:
            done = self._revoke(connection, [grant_id], why)
            if done:
                record(connection, [event])
        return bool(done)

    @_tried
    def revoke_held_by(self, app_id: int, subject: str, why: Revocation) -> int:
        """Revokes the grants that ``subject`` gave one app; gives back how many. For a subject of few."""
        mine = (
            (grants.c.subject_key == subject_key(app_id, subject))
            & (grants.c.app_id == app_id)
            & (grants.c.subject == subject)
            & (grants.c.revoked_at == 0)
        )
        with self._database.write() as connection:
            return self._revoke(
                connection, connection.scalars(select(grants.c.id).where(mine)), why
            )

    @_tried
    def revoke_subject(self, workspace_id: int, subject: str, event: AuditEvent) -> None:
        """Revokes every grant of ``subject`` in a workspace made until now, in O(1): raises its epoch."""
        mine = (subject_epochs.c.workspace_id == workspace_id) & (
            subject_epochs.c.subject == subject
        )
        with self._database.write() as connection:
            epoch = int(connection.scalar(select(subject_epochs.c.epoch).where(mine)) or 0) + 1
            entry = Entry(
                at=self._now_s(), what="subject", id=workspace_id, subject=subject, epoch=epoch
            )
            self._database.revoked([entry])
            if epoch == 1:
                connection.execute(
                    insert(subject_epochs).values(
                        workspace_id=workspace_id, subject=subject, epoch=1
                    )
                )
            else:
                connection.execute(update(subject_epochs).where(mine).values(epoch=epoch))
            record(connection, [event])

    @_tried
    def purge(self, start: int, *, limit: int, grace_seconds: int) -> tuple[int, int]:
        """Removes what ended more than ``grace_seconds`` ago, or was revoked longer ago than the journal
        remembers, among the ``limit`` rows from key ``start`` on.

        Gives back where to go on (0 once all was seen) and how many rows went.
        """
        now_ms = self._database.now_ms() - grace_seconds * 1000
        revoked_before = self._now_s() - DAYS * 86_400
        query = with_terms().where(grants.c.key >= start).order_by(grants.c.key).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        ended = []
        for row in rows:
            held = held_of(row)
            forgotten = 0 < held.grant.revoked_at < revoked_before
            if forgotten or has_ended(held.grant, held.terms.policy, now_ms):
                ended.append((row.key, held.grant.advanced_at_ms))
        removed = 0
        if ended:
            with self._database.write() as connection:
                for key, advanced_at_ms in ended:
                    # One that was used since it was read is left alone.
                    unused = grants.c.advanced_at_ms == advanced_at_ms
                    removed += connection.execute(
                        delete(grants).where(grants.c.key == key, unused)
                    ).rowcount
        after = rows[-1].key + 1 if len(rows) == limit else 0
        return (after if after < _KEY_END else 0), removed

    def _supersede(self, connection: Connection, made: Grant, limit: int) -> None:
        live = connection.execute(
            select(grants.c.id)
            .where(grants.c.subject_key == subject_key(made.app_id, made.subject))
            .where(grants.c.app_id == made.app_id, grants.c.subject == made.subject)
            .where(grants.c.revoked_at == 0, grants.c.id != made.id)
            .order_by(grants.c.created_at.desc(), grants.c.advanced_at_ms.desc())
            .offset(limit - 1)
        ).scalars()
        self._revoke(connection, live.all(), Revocation.SUPERSEDED)

    def _revoke(self, connection: Connection, ids: Iterable[bytes], why: Revocation) -> int:
        now_s = self._now_s()
        wanted = list(ids)
        if not wanted:
            return 0
        self._database.revoked(
            Entry(at=now_s, what="grant", why=int(why), grant=id_.hex()) for id_ in wanted
        )
        statement = (
            update(grants)
            .where(grants.c.key.in_([grant_key(id_) for id_ in wanted]))
            .where(grants.c.id.in_(wanted), grants.c.revoked_at == 0)
            .values(revoked_at=now_s, revoked_why=int(why))
        )
        return connection.execute(statement).rowcount

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def insert_unless_taken(issue: Callable[[], Grant], tries: int = 3) -> Grant:
    """Runs ``issue`` again with a new id, should the 63-bit key of a random one be taken: once in an age."""
    for left in range(tries - 1, -1, -1):
        try:
            return issue()
        except IntegrityError:
            if not left:
                raise Conflict("no free grant id was found") from None
    raise AssertionError("unreachable")


def subject_key(app_id: int, subject: str) -> int:
    """What the subject index holds: 47 bits of a hash, so that the name is kept only once a row."""
    digest = sha256(f"{app_id}\0{subject}".encode()).digest()
    return int.from_bytes(digest[:6], "big") >> 1


def _terms_id(connection: Connection, agreed: Terms) -> int:
    body = msgspec.json.encode(agreed, order="sorted").decode()
    found = connection.scalar(select(terms.c.id).where(terms.c.body == body))
    if found is None:
        found = connection.scalar(insert(terms).values(body=body).returning(terms.c.id))
    return int(found or 0)


def _epoch(connection: Connection, app_id: int, subject: str) -> int:
    of_both = (
        select(apps.c.epoch + workspaces.c.epoch, apps.c.workspace_id)
        .join(workspaces, workspaces.c.id == apps.c.workspace_id)
        .where(apps.c.id == app_id)
    )
    epoch, workspace_id = connection.execute(of_both).one()
    of_subject = select(subject_epochs.c.epoch).where(
        subject_epochs.c.workspace_id == workspace_id, subject_epochs.c.subject == subject
    )
    return int(epoch) + int(connection.scalar(of_subject) or 0)


def _epochs(connection: Connection, batch: Sequence[Grant]) -> Callable[[Grant], int]:
    """``_epoch`` for each grant of a batch, read for all of them at once."""
    of_app = {
        app_id: (int(epoch), workspace_id)
        for app_id, epoch, workspace_id in connection.execute(
            select(apps.c.id, apps.c.epoch + workspaces.c.epoch, apps.c.workspace_id)
            .join(workspaces, workspaces.c.id == apps.c.workspace_id)
            .where(apps.c.id.in_({grant.app_id for grant in batch}))
        )
    }
    of_subject = {
        (row.workspace_id, row.subject): int(row.epoch)
        for row in connection.execute(
            select(subject_epochs).where(
                subject_epochs.c.workspace_id.in_({each for _, each in of_app.values()}),
                subject_epochs.c.subject.in_({grant.subject for grant in batch}),
            )
        )
    }

    def epoch_of(grant: Grant) -> int:
        epoch, workspace_id = of_app[grant.app_id]
        return epoch + of_subject.get((workspace_id, grant.subject), 0)

    return epoch_of


def _values(grant: Grant) -> dict[str, Any]:
    values = msgspec.structs.asdict(grant)
    del values["current_epoch"]
    return {
        "key": grant_key(grant.id),
        "subject_key": subject_key(grant.app_id, grant.subject),
        **values,
    }


@cache
def with_terms() -> Select[Any]:
    """Grants with their terms and their epochs of now: what ``held_of`` reads."""
    current = apps.c.epoch + workspaces.c.epoch + func.coalesce(subject_epochs.c.epoch, 0)
    joined = (
        grants.join(terms, terms.c.id == grants.c.terms_id)
        .join(apps, apps.c.id == grants.c.app_id)
        .join(workspaces, workspaces.c.id == apps.c.workspace_id)
        .outerjoin(
            subject_epochs,
            (subject_epochs.c.workspace_id == apps.c.workspace_id)
            & (subject_epochs.c.subject == grants.c.subject),
        )
    )
    own = {**grants.c, "current_epoch": current}
    fields = [own[name] for name in Grant.__struct_fields__]
    return select(grants.c.key, terms.c.body, *fields).select_from(joined)


def held_of(row: Row[Any]) -> Held:
    """A row of ``with_terms``."""
    _, body, *fields = tuple(row)
    return Held(Grant(*fields), _terms(body))


@lru_cache(_TERMS_KEPT)
def _terms(body: str) -> Terms:
    return msgspec.json.decode(body, type=Terms)
