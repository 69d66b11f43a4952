"""Statements that go out together: their rows, the first that fails, and what becomes of the connection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from remint.store.postgres.connection import Call, Connection, Statement
from tests.postgrescluster import Cluster

ECHO = Statement(b"echo", b"SELECT $1::text, $2::int")
DIVIDE = Statement(b"divide", b"SELECT 1 / $1::int")
KEEP = Statement(b"keep", b"INSERT INTO kept VALUES ($1::int)")
KEPT = Statement(b"kept", b"SELECT count(*) FROM kept")
END = Statement(b"end", b"SELECT pg_terminate_backend(pg_backend_pid())")
SLEEP = Statement(b"sleep", b"SELECT pg_sleep($1::int)")
TABLE = "CREATE TABLE kept (number int UNIQUE DEFERRABLE INITIALLY DEFERRED)"


@pytest.fixture
def connection(cluster: Cluster) -> Iterator[Connection]:
    """A connection that knows the statements."""
    cluster.create("pipeline")
    with contextlib.closing(Connection.connect(cluster.url("pipeline"), autocommit=True)) as made:
        made.execute(TABLE)
        made.prepare((ECHO, DIVIDE, KEEP, KEPT, END, SLEEP))
        yield made
    cluster.drop("pipeline")


def kept(connection: Connection) -> int:
    """How many rows were committed."""
    [[(count,)]] = connection.call([Call(KEPT)])
    return int(count)


def test_each_call_has_its_rows(connection):
    """In the order in which they were sent."""
    rows = connection.call(
        [Call(ECHO, (b"one", b"1")), Call(KEEP, (b"1",)), Call(ECHO, ("zwölf".encode(), b"12"))]
    )
    assert rows == [[("one", 1)], [], [("zwölf", 12)]]
    assert kept(connection) == 1


def test_more_than_any_buffer_holds(connection):
    """The server answers before it has read everything: neither side waits for the other."""
    text = b"x" * 4_000_000
    rows = connection.call([Call(ECHO, (text, b"%d" % number)) for number in range(5)])
    assert [(len(text), number) for [(text, number)] in rows] == [
        (4_000_000, number) for number in range(5)
    ]


@pytest.mark.parametrize(
    "calls, error",
    [
        ([Call(KEEP, (b"1",)), Call(DIVIDE, (b"0",)), Call(KEPT)], psycopg.errors.DivisionByZero),
        ([Call(KEEP, (b"1",)), Call(KEEP, (b"1",))], psycopg.errors.UniqueViolation),
        ([Call(Statement(b"unknown", b""))], psycopg.errors.InvalidSqlStatementName),
    ],
    ids=["in the middle", "at the commit", "not prepared"],
)
def test_a_call_that_fails(connection, calls, error):
    """Nothing of any was done, and the connection is as good as before."""
    with pytest.raises(error):
        connection.call(calls)
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert kept(connection) == 0


def test_in_a_transaction(connection):
    """Calls are part of one that is open, and nothing of them is there once it failed."""
    with contextlib.suppress(psycopg.errors.DivisionByZero), connection.transaction():
        connection.call([Call(KEEP, (b"1",))])
        assert kept(connection) == 1
        connection.call([Call(KEEP, (b"2",)), Call(DIVIDE, (b"0",))])
        pytest.fail("it was divided")
    assert kept(connection) == 0


def test_a_connection_that_ends_in_the_middle(connection, cluster):
    """It is told at once, and what was not committed is not there."""
    with pytest.raises(psycopg.OperationalError):
        connection.call([Call(KEEP, (b"1",)), Call(END), Call(KEPT)])
    assert connection.is_lost()
    assert cluster.execute("pipeline", "SELECT count(*) FROM kept") == [(0,)]
    with pytest.raises(psycopg.OperationalError):
        connection.call([Call(KEPT)])


def test_a_server_that_takes_too_long(connection, cluster):
    """The connection is given up, and the server stops what it was at."""
    connection.statement_seconds = 0.2
    with pytest.raises(psycopg.OperationalError, match="too long"):
        connection.call([Call(KEEP, (b"1",)), Call(SLEEP, (b"60",))])
    assert connection.is_lost()
    assert cluster.execute("pipeline", "SELECT count(*) FROM kept") == [(0,)]
