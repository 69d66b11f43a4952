"""The key ring of several machines beside one database: shared, sealed, and never forgotten with it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remint.clock import system_entropy
from remint.errors import KeyRingError, RootKeyError
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.token.rotation import Changes
from tests.store.postgresstore import PostgresStore

Machine = Callable[..., Installation]
DAY_MS = 86_400_000


@pytest.fixture
def machine(postgres_store: PostgresStore, tmp_path: Path) -> Iterator[Machine]:
    """Opens the installation as one machine would, each with a data directory of its own."""
    with contextlib.ExitStack() as opened:

        def start(name: str, *, root_key: bool = True) -> Installation:
            directory = tmp_path / name
            directory.mkdir(exist_ok=True)
            first = tmp_path / "one" / "root.key"
            if root_key and name != "one" and first.exists():
                shutil.copy(first, directory / "root.key")
            url = postgres_store.cluster.url(postgres_store.name)
            settings = Settings(data_dir=directory, database=url)
            made = Installation(settings, clock=postgres_store.clock, environ={})
            opened.callback(made.close)
            return made

        yield start


@pytest.fixture
def row(postgres_store: PostgresStore) -> Callable[[], str]:
    """The database's ring, as it is stored."""
    query = "SELECT value FROM meta WHERE key = 'key_ring'"

    def read() -> str:
        return str(postgres_store.cluster.execute(postgres_store.name, query)[0][0])

    return read


def put(store: PostgresStore, value: str) -> None:
    """The database goes back."""
    store.cluster.execute(
        store.name, f"UPDATE meta SET value = $ring${value}$ring$ WHERE key = 'key_ring'"
    )


def test_a_new_machine_needs_the_root_key_and_the_address(machine):
    """Its key ring comes from the database, and a copy lies in its data directory."""
    one, two = machine("one"), machine("two")
    assert two.keys.ring == one.keys.ring
    assert two.ring_file.exists()
    assert not two.keys.refresh() and not one.keys.refresh()


def test_a_machine_without_the_root_key_is_told(machine, tmp_path):
    """It must not draw one of its own; nor does another installation's open the ring."""
    machine("one")
    with pytest.raises(RootKeyError):
        machine("two", root_key=False)
    assert not (tmp_path / "two" / "root.key").exists()
    (tmp_path / "two" / "root.key").write_text(system_entropy(32).hex())
    (tmp_path / "two" / "root.key").chmod(0o600)
    with pytest.raises(RootKeyError, match="the key ring in the database"):
        machine("two", root_key=False)


def test_a_key_that_one_machine_makes_is_known_to_all_before_it_mints(machine):
    """Each learns of it with the next look, and mints with it no earlier than the others."""
    one, two = machine("one"), machine("two")
    before = one.keys.mint_key(one.database.now_ms())
    one.keys.rotate(Changes(mac=True, signing=(("ES256", None),)))
    assert two.keys.refresh() and two.keys.ring == one.keys.ring
    now_ms = two.database.now_ms()
    assert two.keys.mint_key(now_ms) == one.keys.mint_key(now_ms) == before
    later_ms = now_ms + one.schedule.mac_delay * 1000
    assert two.keys.mint_key(later_ms) == one.keys.mint_key(later_ms) != before


def test_machines_that_rotate_at_once_make_one_key(machine, postgres_store):
    """The schedule is asked again by the one that comes second."""
    machines = [machine(name) for name in ("one", "two", "three")]
    postgres_store.clock.step(200 * DAY_MS)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: each.keys.rotate_if_due(), machines))
    for each in machines:
        each.keys.refresh()
    rings = [each.keys.ring for each in machines]
    assert len(rings[0].mac_keys) == len(rings[0].signing_keys) == 2
    assert rings[0] == rings[1] == rings[2]


def test_a_key_that_is_first_needed_is_the_same_on_all(machine):
    """Two machines that want an EdDSA key at once have one."""
    machines = [machine("one"), machine("two")]
    with ThreadPoolExecutor(2) as pool:
        now_ms = machines[0].database.now_ms()
        list(pool.map(lambda each: each.keys.access_signer("EdDSA", "", now_ms), machines))
    for each in machines:
        each.keys.refresh()
    assert machines[0].keys.jwks() == machines[1].keys.jwks()
    assert len(machines[0].keys.ring.signing_keys) == 2


@pytest.mark.parametrize("is_lost", [False, True], ids=["older", "none"])
def test_a_database_that_went_back_gets_the_keys_again(machine, postgres_store, row, is_lost):
    """From any machine's copy; a machine that knew nothing of them has them too."""
    one = machine("one")
    old = row()
    one.keys.rotate(Changes(mac=True))
    if is_lost:
        query = "DELETE FROM meta WHERE key = 'key_ring'"
        postgres_store.cluster.execute(postgres_store.name, query)
    else:
        put(postgres_store, old)
    assert one.keys.refresh()
    two = machine("two")
    names = {key.name for key in one.keys.ring.mac_keys}
    assert {key.name for key in two.keys.ring.mac_keys} == names and len(names) == 2
    # It has the time to be known again.
    (newest,) = [key for key in two.keys.ring.mac_keys if key.mints_from_ms]
    assert newest.mints_from_ms >= two.database.now_ms()


def test_a_machine_that_was_away_brings_no_dropped_key_back(machine):
    """Its copy is from before; what leaked stays away."""
    one, two = machine("one"), machine("two")
    leaked = one.keys.ring.signing_keys[0].kid
    two.close()
    one.keys.rotate(Changes(signing=(("ES256", None),)), emergency=True)
    again = machine("two")
    one.keys.refresh()
    for each in (one, again):
        assert leaked in each.keys.ring.dropped
        assert leaked not in {key.kid for key in each.keys.ring.signing_keys}


def test_another_installation_s_directory_is_refused(machine, tmp_path):
    """A machine that was moved to another database would log everybody out."""
    machine("one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    other = Installation(Settings(data_dir=tmp_path / "else"), environ={})
    other.close()
    for name in ("keyring.json", "root.key"):
        shutil.copy(tmp_path / "else" / name, tmp_path / "two" / name)
    with pytest.raises((KeyRingError, RootKeyError)):
        machine("two", root_key=False)


def test_a_change_that_fails_leaves_no_key(machine, monkeypatch, row):
    """What the database does not have, nobody mints with."""
    one = machine("one")
    before, ring = row(), one.keys.ring

    def fail(_ring: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        one.ring_file.update(fail)
    assert row() == before and one.keys.ring == ring


def test_the_database_holds_the_ring_sealed(machine, row):
    """With the database alone, no key of it can be had."""
    ring = machine("one").keys.ring
    text = row()
    for key in (*ring.mac_keys, *ring.alias_keys):
        assert key.secret.hex() not in text
    assert '"sealed"' in text


def test_only_a_process_that_looked_lately_calls_a_token_forged(machine, postgres_store):
    """One that was cut off for longer might not know the key; the next look ends that."""
    one = machine("one")
    assert not one.keys.may_be_stale()
    postgres_store.clock.step(6_000)
    assert one.keys.may_be_stale()
    one.keys.refresh()
    assert not one.keys.may_be_stale()
