"""A store is opened by where it is, made once, and brought up to date; and it costs what one look costs."""

from __future__ import annotations

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remint.errors import ConfigurationError, StoreError, StoreUnavailable
from remint.keeper.store.memory import MemoryStore
from remint.keeper.store.opening import default_place, open_store
from remint.keeper.store.owner import Presence, boot_tag, sweep
from remint.keeper.store.sqlite import SQLiteStore
from remint.token.rootkey import RootKey
from tests.keeper.store.given import LEASE_MS, held, kept, leased, now
from tests.keeper.store.places import SQLitePlace

KEY = RootKey(bytes(range(32)))


def test_memory_is_a_place(tmp_path):
    """For tests and notebooks."""
    assert isinstance(open_store("memory:"), MemoryStore)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_a_directory(tmp_path, kind):
    """Made with all that leads to it."""
    store = open_store(kind(tmp_path / "a" / "b c?d#e%f"), key=KEY)
    assert isinstance(store, SQLiteStore)
    kept(store)
    store.close()
    again = open_store(tmp_path / "a" / "b c?d#e%f", key=KEY)
    assert now(again) == held()
    again.close()


def test_nobody_says_where(tmp_path, monkeypatch):
    """The variable, or else this user's data directory."""
    monkeypatch.setenv("REMINT_KEEPER_STORE", str(tmp_path / "x"))
    store = open_store(key=KEY)
    assert isinstance(store, SQLiteStore)
    assert store.files.directory == tmp_path / "x"
    store.close()
    monkeypatch.setenv("REMINT_KEEPER_STORE", "memory:")
    assert isinstance(open_store(), MemoryStore)


def test_the_default_is_the_user_s_data_directory(monkeypatch):
    """As the system has it; a relative one does not count."""
    monkeypatch.setattr(sys, "platform", "linux")
    assert default_place({"XDG_DATA_HOME": "/data"}) == Path("/data/remint")
    for environ in ({}, {"XDG_DATA_HOME": "data", "REMINT_KEEPER_STORE": " "}):
        assert default_place(environ) == Path.home() / ".local/share/remint"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_place({}) == Path.home() / "Library/Application Support/remint"


def test_a_tilde_is_the_user_s_home(tmp_path, monkeypatch):
    """As a shell would have it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    store = open_store("~/kept", key=KEY)
    store.close()
    assert (tmp_path / "kept" / "connections.db").exists()


def test_a_kind_of_store_that_is_not_there_is_told():
    """What would do; and nothing of the address, which may hold a password."""
    with pytest.raises(ConfigurationError, match="postgresql://") as caught:
        open_store("mysql://user:secret@host/db")
    assert "secret" not in str(caught.value)


def test_postgresql_needs_its_driver(monkeypatch):
    """And says how to get it."""
    monkeypatch.setitem(sys.modules, "remint.keeper.store.postgres", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'remint\[postgres\]'"):
        open_store("postgresql://user:secret@host/db")


def test_of_many_that_make_a_store_one_does(directory):
    """All have the same key and the same connections."""
    with ThreadPoolExecutor(8) as pool:
        stores = [each.result() for each in [pool.submit(directory.open) for _ in range(16)]]
    kept(stores[0])
    assert all(now(store) == held() for store in stores)


def test_a_store_of_a_later_release_is_left_alone(directory, sqlite):
    """Its form is not known here."""
    kept(sqlite)
    with sqlite3.connect(directory.directory / "connections.db") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match="made by a later release"):
        directory.open()


def test_another_program_s_database_is_left_alone(tmp_path):
    """What has tables but not ours is nobody's to fill."""
    place = SQLitePlace(tmp_path)
    place.directory.mkdir()
    with sqlite3.connect(place.directory / "connections.db") as connection:
        connection.execute("CREATE TABLE connection (x)")
    connection.close()
    with pytest.raises(StoreError):
        place.open()


def test_a_place_that_cannot_be_made_is_told(tmp_path):
    """As a store that is away."""
    (tmp_path / "keeper").write_text("a file")
    with pytest.raises(StoreUnavailable):
        SQLitePlace(tmp_path).open()


def test_a_closed_store_holds_nothing(directory, sqlite):
    """Its leases are free, its file is gone; closing again does nothing."""
    kept(sqlite)
    leased(sqlite, lease_ms=10**9)
    sqlite.close()
    sqlite.close()
    other = directory.open()
    assert leased(other).fence == 2
    assert len(list((directory.directory / "owners").iterdir())) == 1


def test_a_lease_of_another_boot_is_void(directory, sqlite):
    """The stopwatch began anew; so did the identifiers."""
    kept(sqlite)
    leased(sqlite)
    with sqlite3.connect(directory.directory / "connections.db") as connection:
        (holder,) = connection.execute("SELECT holder FROM connection").fetchone()
        other = "0" * 8 + holder[8:]
        connection.execute("UPDATE connection SET holder = ?", (other,))
    connection.close()
    # Even if somebody has that file: it is no owner of this boot.
    (directory.directory / "owners" / holder).rename(directory.directory / "owners" / other)
    assert leased(directory.open()).fence == 2


def test_a_lease_that_is_further_ahead_than_it_is_long_is_void(directory, sqlite):
    """It was taken on another stopwatch."""
    kept(sqlite)
    lease = leased(sqlite)
    with sqlite3.connect(directory.directory / "connections.db") as connection:
        connection.execute("UPDATE connection SET lease_until_ms = ?", (lease.until_ms + 10**9,))
    connection.close()
    assert leased(directory.open()).fence == 2
    assert sqlite.extend([lease], LEASE_MS) == []


def test_who_is_there_is_seen(tmp_path):
    """Through any number of looks at once, and no longer when it is gone."""
    owner, other = (Presence(tmp_path, bytes_of(at)) for at in (1, 2))
    assert owner.id.startswith(boot_tag())
    assert owner.sees(owner.id) and owner.sees(other.id) and other.sees(owner.id)
    sweep(tmp_path)
    assert other.sees(owner.id)
    owner.close()
    assert not other.sees(owner.id)
    assert not other.sees("")
    assert not other.sees("nobody")
    assert [path.name for path in tmp_path.iterdir()] == [other.id]
    (tmp_path / f"{boot_tag()}-left").touch()
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [other.id]
    other.close()


def bytes_of(number):
    """An entropy that is not random."""
    return lambda size: bytes([number]) * size


def test_every_statement_finds_its_row_in_an_index(directory, sqlite):
    """One swap, one look and what is due cost the same at any number of connections."""
    from remint.keeper.store.sqlite import rows, statements

    found = {name: text for name, text in vars(statements).items() if name.isupper()}
    found |= {name: getattr(rows, name) for name in ("BY_NAME", "BY_ID", "BEHIND_NAME", "RENEWING")}
    with sqlite3.connect(directory.directory / "connections.db") as connection:
        for name, statement in found.items():
            values = [1] * statement.count("?")
            plan = " ".join(
                row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            )
            if name == "TOTAL":
                assert "COVERING INDEX" in plan
            else:
                assert "SCAN" not in plan.replace("SCAN connection USING COVERING INDEX", ""), name
                assert "TEMP B-TREE" not in plan, name
    connection.close()
