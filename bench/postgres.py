"""The issuer on PostgreSQL: rotations by number of processes, and what each costs the server."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import psycopg
from sqlalchemy import insert

from bench.load.burst import Load
from bench.peers import authlib, contest
from bench.peers import postgres as server
from bench.plan import Plan
from bench.process import cpu_seconds
from bench.report import Report, Section, Wanted
from bench.seed import Maker
from bench.workers import Workers
from remint.clock import SystemClock
from remint.issuer.grants.issuing import issue, new_grant, terms_for
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.grantkey import grant_key
from remint.store.ledger import subject_key
from remint.store.protocols import Change, GrantBackend
from remint.store.records import App
from remint.store.schema import grants

_OPTIONS = ("shared_preload_libraries=pg_stat_statements", "max_wal_size=2GB")
_ROWS = 5_000
_BATCH = 64
_SIZES = (1, 4, 16, 64)
#: How long a server process may keep its counts to itself.
_STATS_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the server has counted so far."""

    renewals: int
    commits: int
    statements: int
    wal_bytes: int


def measure(plan: Plan, report: Report, folder: Path, *, peers: bool) -> None:
    """Adds the sections."""
    if server.programs() is None:
        report.section("on PostgreSQL: not measured, it is not installed")
        return
    with server.cluster(folder, *_OPTIONS) as socket:
        where = f"host={socket} user=bench dbname=postgres"
        with psycopg.connect(where, autocommit=True) as watcher:
            watcher.execute("CREATE EXTENSION pg_stat_statements")
            settings = Settings(
                data_dir=folder / "beside", database=f"postgresql://bench@/postgres?host={socket}"
            )
            bench = _Bench(plan, folder, settings, watcher)
            bench.rates(report.section("on PostgreSQL, database and load on the same machine"))
            if peers:
                bench.contest(report.section("on PostgreSQL, peers, two processes"))
            bench.batches(report.section("what a batch takes, one connection"))
            bench.table(
                report.section(f"{plan.postgres_renewals:,} renewals in batches of {_BATCH}")
            )


class _Bench:
    def __init__(
        self, plan: Plan, folder: Path, settings: Settings, watcher: psycopg.Connection
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._watcher = watcher
        with closing(Installation(settings, environ={})) as installation:
            maker = Maker(installation)
            made = maker.oauth2("rotate", "rotate")
            self._keys = _fill(installation, made.app, plan.postgres_grants)
            load = Load(
                0, made.shape, folder / "load-postgres", maker.tokens(made.app), plan.connections
            )
        environ = {"REMINT_DATABASE": settings.database}
        self._workers = Workers(plan, folder, settings.data_dir, load, environ)
        watcher.execute("VACUUM ANALYZE grants")

    def rates(self, section: Section) -> None:
        """Rotations a second beside the floor, and what the server did for each."""
        self._workers.rates(section, Wanted(0.15), self._costs)

    def contest(self, section: Section) -> None:
        """Beside Authlib on a PostgreSQL of the same settings."""
        peer = replace(authlib.PEER, least=10, aim=15)
        with self._workers.serving(2):
            contest.against(self._plan, section, peer, self._workers.load)

    def batches(self, section: Section) -> None:
        """What the server spends on a renewal, by how many share a batch. Drives the backend."""
        (postmaster,) = self._one(
            "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int"
        )
        with self._backend() as backend:
            for size in _SIZES:
                renewals = self._plan.postgres_batches * size
                _renew(backend, self._keys, renewals // 10, size)
                before, busy, began = self._counts(), cpu_seconds(postmaster), time.monotonic()
                _renew(backend, self._keys, renewals, size)
                took = (time.monotonic() - began) / self._plan.postgres_batches * 1000
                spent = (cpu_seconds(postmaster) - busy) / renewals * 1e6
                logged = (self._counts().wal_bytes - before.wal_bytes) / renewals
                section.figure(
                    f"batches of {size}",
                    spent,
                    f"{took:.2f} ms; a renewal {spent:.0f} us of the server, {logged:.0f} bytes of its log",
                )

    def table(self, section: Section) -> None:
        """What many renewals leave of the table. Drives the backend, without HTTP."""
        before, at_first = self._counts(), self._bytes()
        began = time.monotonic()
        with self._backend() as backend:
            _renew(backend, self._keys, self._plan.postgres_renewals, _BATCH)
        spent = time.monotonic() - began
        used = _between(before, self._counts(settled=True))
        section.figure(
            "renewals a second, one connection",
            used.renewals / spent,
            f"{used.renewals / spent:,.0f}",
        )
        _figure(section, "WAL bytes a renewal", used.wal_bytes / used.renewals)
        grown = self._bytes() / at_first
        section.figure(
            "size of the table over its first", grown, f"{grown:.2f}", Wanted(1.5, most=True)
        )
        (share,) = self._one(
            "SELECT n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) FROM pg_stat_user_tables"
            " WHERE relname = 'grants'"
        )
        section.figure("share of updates that touched no index", share, f"{share:.3f}")

    @contextmanager
    def _backend(self) -> Iterator[GrantBackend]:
        with (
            closing(Installation(self._settings, environ={})) as installation,
            closing(installation.place.backend(SystemClock())) as backend,
        ):
            yield backend

    def _costs(self, section: Section) -> None:
        before = self._counts(settled=True)
        self._workers.load.burst(self._plan.seconds * 2, 0)
        used = _between(before, self._counts(settled=True))
        _figure(
            section, "  commits a renewal", used.commits / used.renewals, Wanted(0.2, most=True)
        )
        _figure(section, "  statements a renewal", used.statements / used.renewals)
        _figure(section, "  WAL bytes a renewal", used.wal_bytes / used.renewals)

    def _counts(self, *, settled: bool = False) -> _Counts:
        if settled:
            time.sleep(_STATS_SECONDS)
        return _Counts(
            *self._one(
                "SELECT (SELECT sum(generation)::bigint FROM grants),"
                " (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),"
                " (SELECT sum(calls)::bigint FROM pg_stat_statements"
                " WHERE query ILIKE '%grants%'),"
                " pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
            )
        )

    def _bytes(self) -> int:
        return int(self._one("SELECT pg_relation_size('grants')")[0])

    def _one(self, query: str) -> Sequence:
        row = self._watcher.execute(query.encode()).fetchone()
        assert row is not None
        return row


def _between(before: _Counts, after: _Counts) -> _Counts:
    return _Counts(
        after.renewals - before.renewals,
        after.commits - before.commits,
        after.statements - before.statements,
        after.wal_bytes - before.wal_bytes,
    )


def _figure(section: Section, name: str, value: float, wanted: Wanted | None = None) -> None:
    section.figure(name, value, f"{value:,.3f}" if value < 10 else f"{value:,.0f}", wanted)


def _fill(installation: Installation, app: App, count: int) -> list[bytes]:
    """Writes so many grants, and gives their ids."""
    terms = terms_for(app)
    terms_id = issue(installation, app, "first").held.grant.terms_id
    ids = []
    for start in range(0, count, _ROWS):
        rows = []
        for number in range(start, min(start + _ROWS, count)):
            grant = new_grant(installation, app, f"user-{number:07}", terms)
            values = msgspec.structs.asdict(grant)
            del values["current_epoch"]
            values |= {"terms_id": terms_id, "key": grant_key(grant.id)}
            values["subject_key"] = subject_key(app.id, grant.subject)
            rows.append(values)
            ids.append(grant.id)
        with installation.database.write() as connection:
            connection.execute(insert(grants), rows)
    return ids


def _renew(backend: GrantBackend, ids: list[bytes], renewals: int, size: int) -> None:
    """Advances grants picked at random, a batch at a time, as the group commit does."""
    draw = random.Random(1)
    wanted = draw.sample(ids, size)
    answer = backend.exchange([], [], wanted)
    for _ in range(renewals // size):
        changes = [
            Change(
                held.grant,
                msgspec.structs.replace(
                    held.grant, generation=held.grant.generation + 1, advanced_at_ms=answer.now_ms
                ),
            )
            for held in answer.held.values()
        ]
        wanted = draw.sample(ids, size)
        answer = backend.exchange(changes, [], wanted)
        if answer.write_error or answer.read_error or answer.lost:
            raise RuntimeError(f"a batch failed: {answer.write_error or answer.read_error}")
