"""Keys change while the store is in use, and nothing is lost on the way."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable

import pytest

from remint.errors import RootKeyError, VaultError
from remint.keeper.store.keysource import KeySource
from remint.keeper.store.sqlite import SQLiteStore
from remint.keeper.store.vault import sealed_under
from remint.secret import Secret
from remint.token.rootkey import RootKey
from tests.keeper.store.given import (
    LEASE_MS,
    answered,
    held,
    kept,
    leased,
    now,
    renewed,
    setback,
)
from tests.keeper.store.places import NOW_MS, SQLitePlace

GIVEN = RootKey(bytes(range(32)))


def data_keys(place: SQLitePlace) -> list[int]:
    """The ids of the data keys for rows that are there."""
    with contextlib.closing(sqlite3.connect(place.directory / "connections.db")) as connection:
        found = connection.execute("SELECT id FROM data_key WHERE use = 'row' ORDER BY id")
        return [row[0] for row in found.fetchall()]


def sealed_by(place: SQLitePlace) -> set[int]:
    """The ids of the data keys that anything in the rows was sealed with."""
    with contextlib.closing(sqlite3.connect(place.directory / "connections.db")) as connection:
        found = connection.execute("SELECT payload, trouble FROM connection").fetchall()
    return {sealed_under(sealed) for row in found for sealed in row if sealed is not None}


def test_a_new_key_seals_what_is_written(directory, sqlite):
    """What is there still opens, in every process; and so does what the others write."""
    other = directory.open()
    kept(sqlite, "a")
    sqlite.rotate()
    kept(other, "b")
    assert data_keys(directory) == [2, 3]
    assert sealed_by(directory) == {2, 3}
    for store in (sqlite, other, directory.open()):
        assert [each.name for each in store.listing("", 9)] == ["a", "b"]


def test_rows_are_resealed_in_small_batches(directory, sqlite):
    """Until none is left; then the old key goes."""
    made = [kept(sqlite, f"{at:02}") for at in range(25)]
    lease = leased(sqlite, "00")
    assert sqlite.settle(made[0], setback(), lease.fence)
    before = sqlite.listing("", 99)
    sqlite.rotate()
    sqlite.rotate()
    assert [sqlite.reseal(10), sqlite.reseal(10)] == [15, 5]
    assert data_keys(directory) == [2, 3, 4]
    assert [sqlite.reseal(10), sqlite.reseal(10)] == [0, 0]
    assert data_keys(directory) == [4]
    assert sealed_by(directory) == {4}
    assert sqlite.listing("", 99) == before


def test_a_process_that_missed_a_rotation_seals_with_the_new_key(directory, sqlite):
    """The key that it knows is gone: what it sealed with that would be lost."""
    other = directory.open()
    made = kept(other)
    lease = leased(other)
    reply = answered(other, lease)
    for _ in range(3):
        sqlite.rotate()
        sqlite.reseal()
    assert other.swap(made, reply, renewed(1)) is not None
    assert sealed_by(directory) == {5}
    assert now(directory.open()).tokens == renewed(1).tokens


def test_a_key_stays_while_a_room_was_made_for_it(directory, sqlite):
    """The answer may come late, and is sealed with it."""
    made = kept(sqlite)
    lease = leased(sqlite)
    assert sqlite.intend(lease, NOW_MS)
    other = directory.open()
    other.rotate()
    assert other.reseal() == 0
    assert data_keys(directory) == [2, 3]
    reply = answered(sqlite, lease)
    other.reseal()
    assert data_keys(directory) == [2, 3]
    assert other.unread(made) == [reply]
    assert directory.open().swap(made, reply, renewed(1)) is not None
    other.reseal()
    assert data_keys(directory) == [3]


def test_swaps_are_decided_across_a_rotation(directory, sqlite):
    """Marks do not change with the key: neither the stored token's nor the intent's."""
    kept(sqlite)
    lease = leased(sqlite)
    assert sqlite.intend(lease, NOW_MS)
    sqlite.rotate()
    sqlite.reseal()
    intent = now(sqlite).intent
    assert intent is not None and intent.is_current
    assert sqlite.swap(lease.held, answered(sqlite, lease), renewed(1)) is not None


def test_keys_rotate_under_use(directory, sqlite):
    """Renewals and readers in other threads meet no error, and nothing is lost."""
    names = [f"{at}" for at in range(4)]
    for name in names:
        kept(sqlite, name)
    done = threading.Event()
    errors: list[BaseException] = []
    rounds = dict.fromkeys(names, 0)

    def noting(work: Callable[[str, SQLiteStore], None], name: str) -> threading.Thread:
        def run() -> None:
            store = directory.open()
            try:
                while not done.is_set():
                    work(name, store)
            except BaseException as error:
                errors.append(error)

        return threading.Thread(target=run)

    def renew(name: str, store: SQLiteStore) -> None:
        lease = leased(store, name)
        reply = answered(store, lease)
        assert store.swap(lease.held, reply, renewed(rounds[name] + 1)) is not None
        store.release(lease)
        rounds[name] += 1

    def read(name: str, store: SQLiteStore) -> None:
        assert now(store, name).version >= 1
        assert len(store.listing("", 9)) == len(names)

    threads = [noting(renew, name) for name in names[:2]] + [noting(read, names[2])]
    for thread in threads:
        thread.start()
    for _ in range(15):
        sqlite.rotate()
        while sqlite.reseal(1):
            pass
    done.set()
    for thread in threads:
        thread.join()
    assert not errors
    sqlite.reseal()
    assert len(data_keys(directory)) == 1
    for name in names:
        assert now(sqlite, name).tokens.refresh_token == f"refresh-{rounds[name]}"


def test_the_root_key_is_replaced_in_its_file(directory, sqlite):
    """The old one opens nothing any more; who has the store open goes on."""
    other = directory.open()
    kept(sqlite)
    file = directory.directory / "keeper.key"
    old = file.read_bytes()
    sqlite.rewrap("file")
    new = file.read_bytes()
    assert old != new
    assert now(other) == now(directory.open()) == held()
    other.rotate()
    sqlite.rotate()
    kept(other, "b")
    assert len(directory.open().listing("", 9)) == 2
    file.write_bytes(old)
    with pytest.raises(VaultError, match=r"another key than that of the file keeper\.key"):
        directory.open()


def test_the_root_key_moves_to_another_source(directory, sqlite):
    """The store remembers where, and an open that gives no key says what is missing."""
    kept(sqlite)
    sqlite.rewrap(GIVEN)
    with pytest.raises(RootKeyError, match="the key that was given"):
        directory.open()
    again = SQLiteStore(directory.directory, key=GIVEN, environ={}, clock=directory.clock)
    assert now(again) == held()
    again.rewrap("file")
    again.close()
    assert now(directory.open()) == held()


def test_a_root_key_that_is_no_key_changes_nothing(directory, sqlite):
    """The old one goes on opening the store."""
    kept(sqlite)
    with pytest.raises(RootKeyError):
        sqlite.rewrap(Secret("short"))
    with pytest.raises(RootKeyError):
        sqlite.rewrap("environment")
    assert now(directory.open()) == held()


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_crash_while_the_root_key_is_replaced(directory, sqlite, monkeypatch, is_committed):
    """Before the commit the old key opens the store, and after it the new one, which is then put in place."""
    kept(sqlite)
    file = directory.directory / "keeper.key"
    old = file.read_bytes()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if is_committed:
            patch.setattr(KeySource, "promote", crash)
        else:
            patch.setattr("remint.keeper.store.vault.Vault.rewrapped", crash)
        with pytest.raises(KeyboardInterrupt):
            sqlite.rewrap("file")
    assert file.read_bytes() == old
    staged = directory.directory / "keeper.key.new"
    assert staged.exists()
    assert now(directory.open()) == held()
    assert (file.read_bytes() != old) is is_committed
    assert staged.exists() is not is_committed
    sqlite.close()
    again = directory.open()
    again.rewrap("file")
    assert now(directory.open()) == held()
    assert not staged.exists()


def test_a_lease_outlives_every_change_of_keys(directory, sqlite):
    """Nothing about a lease is sealed."""
    kept(sqlite)
    lease = leased(sqlite)
    sqlite.rotate()
    sqlite.reseal()
    sqlite.rewrap("file")
    assert sqlite.extend([lease], LEASE_MS) == [lease]
