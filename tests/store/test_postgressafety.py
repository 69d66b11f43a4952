"""How long a commit waits where the server would not wait at all: for the disk, or for a standby too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remint.grant import Revocation, revoke
from remint.store.protocols import Change
from tests.store.postgresstore import PostgresStore
from tests.store.stores import NOW_MS, advanced, done, event, one

WATCH = (
    "CREATE TABLE settime.waited (what text)",
    (
        "CREATE FUNCTION settime.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO settime.waited VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$"
    ),
    (
        "CREATE TRIGGER note AFTER INSERT OR UPDATE ON grants"
        " FOR EACH ROW EXECUTE FUNCTION settime.note()"
    ),
)
UNWATCH = ("DROP FUNCTION settime.note CASCADE", "DROP TABLE settime.waited")


@pytest.fixture(params=["off", "local", "on"])
def default(request: pytest.FixtureRequest, pg: PostgresStore) -> Iterator[str]:
    """What the server's commits wait for by themselves."""
    alter = f"ALTER DATABASE {pg.name}"
    pg.cluster.execute("postgres", f"{alter} SET synchronous_commit = {request.param}")
    for statement in WATCH:
        pg.cluster.execute(pg.name, statement)
    pg.database.close()
    yield str(request.param)
    pg.cluster.execute("postgres", f"{alter} RESET synchronous_commit")
    for statement in UNWATCH:
        pg.cluster.execute(pg.name, statement)


def waited(store: PostgresStore) -> str:
    """What the last change of a grant waited for."""
    rows = store.cluster.execute(store.name, "DELETE FROM settime.waited RETURNING what")
    return str(rows[-1][0])


def test_what_each_commit_waits_for(pg, default):
    """A renewal for no less than the disk, a first grant and a revocation for a standby, if there is one."""
    grant = pg.grant()
    assert waited(pg) == "on"
    backend = pg.backend()
    one(backend, grant)
    for generation in (1, 2):
        change = advanced(one(backend, grant))
        assert done(backend.exchange([change], [event("told", grant)] * generation, []))
        assert waited(pg) == ("on" if default == "on" else "local")
    stolen = one(backend, grant)
    change = Change(stolen, revoke(stolen, Revocation.REUSE, NOW_MS))
    assert done(backend.exchange([change], [], [grant.id]))
    assert waited(pg) == "on"


def test_nothing_is_left_behind_in_the_session(pg, default):
    """A pooler gives it to somebody else, and somebody else's to us."""
    grant = pg.grant()
    backend = pg.backend()
    assert done(backend.exchange([advanced(one(backend, grant))], [], []))
    connection = backend._connection
    assert connection is not None
    [(found,)] = connection.execute("SHOW synchronous_commit").fetchall()
    assert found == default
