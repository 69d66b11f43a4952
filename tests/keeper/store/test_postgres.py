"""A store in PostgreSQL: how it is reached, opened and sealed, and by which clock its leases go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from remint.errors import ConfigurationError, RootKeyError, StoreError, VaultError
from remint.keeper.connection import Busy, Lease
from remint.keeper.store.opening import open_store
from remint.keeper.store.postgres import PostgresStore, database
from remint.secret import Secret
from remint.store.postgres.address import Address
from tests.keeper.store.given import LEASE_MS, answered, held, kept, leased, now, renewed, setback
from tests.keeper.store.places import NOW_MS, SetClock
from tests.keeper.store.postgresplace import KEY, PostgresPlace
from tests.keeper.store.test_secrecy import SECRETS, filled, spellings
from tests.postgrescluster import Cluster

OTHER_KEY = Secret(bytes(range(1, 33)).hex())


def address(url: str, environ: dict[str, str]) -> Address:
    """As a keeper's store has it."""
    return Address(url, environ, name="remint-keeper", key="store")


@pytest.fixture
def postgres(tmp_path, cluster: Cluster) -> Iterator[PostgresPlace]:
    """An empty database."""
    made = PostgresPlace(tmp_path, cluster)
    yield made
    made.close()


@pytest.mark.parametrize(
    "url, mode",
    [
        ("postgresql://db.example/keeper", "verify-full"),
        ("postgresql://10.0.0.7/keeper", "verify-full"),
        ("postgresql://127.0.0.1,db.example/keeper", "verify-full"),
        ("postgresql://localhost/keeper", None),
        ("postgresql://[::1]/keeper", None),
        ("postgresql:///keeper?host=/run/postgresql", None),
        ("postgresql:///keeper", None),
        ("postgresql://db.example/keeper?sslmode=require", "require"),
    ],
)
def test_another_machine_has_to_show_who_it_is(url, mode):
    """Unless the URL says otherwise; and there are certificates to check it by."""
    parameters = address(url, {}).parameters
    assert parameters.get("sslmode") == mode
    assert ("sslrootcert" in parameters) == (mode == "verify-full")


def test_the_environment_of_libpq_is_heard():
    """As everywhere else."""
    assert "sslmode" not in address("postgresql://db.example/", {"PGSSLMODE": "prefer"}).parameters
    assert (
        address("postgresql:///", {"PGHOST": "db.example"}).parameters["sslmode"] == "verify-full"
    )


def test_of_several_servers_the_primary_is_taken():
    """The others can only be read."""
    parameters = address("postgresql://a.example,b.example/keeper", {}).parameters
    assert parameters["target_session_attrs"] == "read-write"
    assert "target_session_attrs" not in address("postgresql://a.example/k", {}).parameters


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:open@sesame@db.example/keeper",
        "postgresql://me:open-sesame@db.example/keeper?colour=sesame",
        "postgresql://me:open-sesame@db.example:open-sesame/keeper?port=%zz-sesame",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(url):
    """It may have a password at any place."""
    with pytest.raises(ConfigurationError) as caught:
        address(url, {})
    assert "sesame" not in str(caught.value)


def test_a_password_is_in_no_error_and_no_repr(tmp_path, cluster):
    """Of a server that is away, or a database that is not there."""
    for url in (
        "postgresql://me:open-sesame@127.0.0.1:1/keeper",
        cluster.url("no-such-database"),
    ):
        with pytest.raises(StoreError) as caught:
            PostgresStore(url, key=KEY, environ={}, patience_seconds=0.1, outbox=tmp_path)
        assert "sesame" not in f"{caught.value!r} {caught.value}"
        assert "sesame" not in repr(address(url, {}))
        assert caught.value.__suppress_context__
    assert "no-such-database" in str(caught.value)


def test_it_is_opened_by_its_address(postgres, monkeypatch):
    """As ``Keeper("postgresql://…")`` does."""
    monkeypatch.setenv("XDG_DATA_HOME", str(postgres.directory))
    store = open_store(postgres.url(), key=KEY, clock=postgres.clock)
    assert isinstance(store, PostgresStore)
    assert "sesame" not in repr(store)
    made = kept(store)
    assert postgres.open().load("acme") == made
    store.close()
    store.close()


def test_every_machine_needs_the_key(postgres):
    """There is no file for it, and nothing is made up."""
    with pytest.raises(RootKeyError, match="REMINT_KEEPER_KEY"):
        PostgresStore(postgres.url(), environ={}, outbox=postgres.directory)
    environ = {"REMINT_KEEPER_KEY": KEY.reveal()}
    store = PostgresStore(postgres.url(), environ=environ, outbox=postgres.directory)
    made = kept(store)
    assert postgres.open("there").load("acme") == made
    store.close()


def test_the_wrong_key_is_told_before_anything_is_written(postgres):
    """And what is there stays as it was."""
    made = kept(postgres.open())
    tables = ("data_key", "store", "connection")
    before = [rows_of(postgres, table) for table in tables]
    postgres.key = OTHER_KEY
    with pytest.raises(VaultError, match="another key"):
        postgres.open()
    assert [rows_of(postgres, table) for table in tables] == before
    postgres.key = KEY
    assert postgres.open().load("acme") == made


def test_a_store_of_a_later_release_is_left_alone(postgres):
    """Its tables may mean something else."""
    postgres.open()
    postgres.cluster.execute("settime", "UPDATE remint_keeper.form SET version = 99")
    with pytest.raises(StoreError, match="later release"):
        postgres.open()


def test_a_store_is_made_once(postgres):
    """However many machines open the empty database at once."""
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(postgres.open, map(str, range(6))))
    made = kept(stores[0])
    assert {store.load("acme") == made for store in stores} == {True}
    assert len(rows_of(postgres, "store")) == 1


def test_a_role_without_rights_is_told_so(postgres):
    """It cannot make the tables."""
    postgres.cluster.execute("settime", "DROP ROLE IF EXISTS guest")
    postgres.cluster.execute("settime", "CREATE ROLE guest LOGIN")
    url = postgres.url().replace("remint:", "guest:", 1)
    with pytest.raises(StoreError, match="permission denied"):
        PostgresStore(url, key=KEY, environ={}, outbox=postgres.directory)


def test_leases_go_by_the_clock_of_the_server(postgres):
    """Two machines whose own clocks have nothing in common."""
    here = postgres.open("here")
    there = PostgresStore(
        postgres.url(), key=KEY, environ={}, clock=SetClock(77), outbox=postgres.directory / "there"
    )
    kept(here)
    lease = leased(there)
    assert lease.until_ms == 77 + LEASE_MS
    postgres.clock.step(LEASE_MS - 1)
    assert isinstance(here.acquire("acme", "me", LEASE_MS), Busy)
    postgres.clock.step(1)
    assert isinstance(here.acquire("acme", "me", LEASE_MS), Lease)
    assert there.extend([lease], LEASE_MS) == []
    there.close()


@pytest.mark.parametrize("back_ms, is_free", [(2_000, False), (3_600_000, True)])
def test_a_server_whose_clock_was_set_back(postgres, back_ms, is_free):
    """A little is borne; after a leap, or on another server, nobody waits for an hour that comes again."""
    store = postgres.open()
    kept(store)
    leased(store)
    postgres.clock.step(-back_ms)
    assert isinstance(store.acquire("acme", "you", LEASE_MS), Lease) == is_free


def test_what_is_closed_gives_its_leases_back(postgres):
    """Nobody waits for a process that ended in order."""
    store = postgres.open()
    kept(store)
    leased(store)
    store.close()
    assert leased(postgres.open("there")).fence == 2


def test_no_byte_of_the_server_holds_a_secret(postgres):
    """Neither a table nor the write-ahead log, nor what the server logs of every statement."""
    postgres.options = "?options=-c%20log_statement%3Dall"
    filled(postgres)
    store = postgres.open("there")
    kept(store, "left")
    answered(store, leased(store, "left"))
    everything = postgres.cluster.raw() + b"".join(
        path.read_bytes() for path in postgres.directory.rglob("*") if path.is_file()
    )
    assert b"connection_due" in everything
    for what, secret in SECRETS.items():
        for spelling in spellings(secret):
            assert spelling not in everything, what


def test_a_row_that_was_moved_is_found_out(postgres):
    """What is sealed is bound to its connection."""
    store = postgres.open()
    kept(store, "a")
    kept(store, "b")
    postgres.cluster.execute(
        "settime",
        "UPDATE remint_keeper.connection SET payload ="
        " (SELECT payload FROM remint_keeper.connection WHERE name = 'a') WHERE name = 'b'",
    )
    with pytest.raises(VaultError):
        store.load("b")


def test_data_keys_are_rotated_under_use(postgres):
    """Whoever missed it reads and writes on; old keys go when nothing needs them."""
    here, there = postgres.open("here"), postgres.open("there")
    made = [kept(here, f"{at:02}") for at in range(5)]
    lease = leased(there, "00")
    assert there.settle(lease.held, setback(), lease.fence)
    first = there.load("00")
    reply = answered(there, lease)
    here.rotate()
    assert there.unread(made[0]) == [reply]
    assert kept(there, "new")
    assert [here.reseal(3), here.reseal(3)] == [2, 0]
    # The answer that nobody has read is under the old key.
    assert len(rows_of(postgres, "data_key")) == 3
    assert now(there, "00") == replace(first, state="renewing", intent=now(here, "00").intent)
    assert there.swap(made[0], reply, renewed(1)) is not None
    assert there.reseal() == 0
    assert len(rows_of(postgres, "data_key")) == 2
    assert {each.name for each in postgres.open("third").listing("", 9)} == {
        *(each.name for each in made),
        "new",
    }


def test_the_root_key_is_replaced(postgres):
    """Then the new one opens the store, and the old one no longer does."""
    store = postgres.open()
    made = kept(store)
    store.rewrap(OTHER_KEY)
    store.rotate()
    assert store.load("acme") == made
    with pytest.raises(VaultError):
        postgres.open("there")
    postgres.key = OTHER_KEY
    assert postgres.open("there").load("acme") == made


def test_room_is_made_in_the_table_too(postgres):
    """At full size, until the answer is there."""
    store = postgres.open()
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    sizes = "SELECT pg_column_size(filler) FROM remint_keeper.answer"
    assert postgres.cluster.execute("settime", sizes) == [(65536,)]
    reply = answered(store, lease)
    assert postgres.cluster.execute("settime", sizes) == [(None,)]
    assert store.swap(made, reply, renewed(1)) is not None
    assert rows_of(postgres, "answer") == []


def test_rooms_of_calls_that_brought_nothing_go(postgres):
    """However often it was tried, by processes that were gone before an answer came."""
    store = postgres.open()
    kept(store)
    for _ in range(40):
        assert store.intend(leased(store), NOW_MS)
        postgres.clock.step(LEASE_MS)
    assert len(rows_of(postgres, "answer")) <= 17
    lease = leased(store)
    assert store.swap(lease.held, answered(store, lease), renewed(1)) is not None
    assert rows_of(postgres, "answer") == []


def test_a_name_of_any_form_is_told_from_others(postgres):
    """They are kept as bytes, in whatever encoding and locale the database is."""
    store = postgres.open()
    for name in ("ä", "a\u0308", "A", "a"):
        assert store.create(held(name))
    assert [each.name for each in store.listing("", 9)] == ["A", "a", "a\u0308", "ä"]


def test_connections_to_the_server_are_few(postgres, monkeypatch):
    """One after the other needs one; and one that nobody used for long is closed."""
    postgres.options = "?application_name=few"
    store = postgres.open()
    for _ in range(5):
        store.load("acme")
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'few'"
    assert postgres.cluster.execute("settime", asked) == [(1,)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(store.load, ["acme"] * 40)) == [None] * 40
    assert postgres.cluster.execute("settime", asked) <= [(8,)]
    monkeypatch.setattr(database, "_IDLE_SECONDS", 0)
    store.load("acme")
    while postgres.cluster.execute("settime", asked) != [(0,)]:
        time.sleep(0.01)
    assert store.load("acme") is None


def test_what_others_put_among_the_answers_is_passed_over(postgres):
    """A file manager, say."""
    postgres.open("here").close()
    (rooms,) = (postgres.directory / "here").rglob("rooms")
    (rooms / "nobody").mkdir()
    (rooms / "nobody" / ".DS_Store").write_text("x")
    (rooms / "nobody" / "00000001").write_text("x")
    store = postgres.open("here")
    assert store.unread(kept(store)) == []


def rows_of(postgres: PostgresPlace, table: str) -> list[tuple[object, ...]]:
    """All that is in a table."""
    statement = f"SELECT * FROM remint_keeper.{table} ORDER BY 1"
    return postgres.cluster.execute(postgres.database, statement)
