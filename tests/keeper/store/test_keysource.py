"""Where the root key comes from: what is asked for wins, and nothing is made up for a store that has one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remint.errors import RootKeyError, VaultError
from remint.keeper.store.sqlite import SQLiteStore
from remint.secret import Secret
from remint.token.rootkey import RootKey
from tests.conftest import lacking
from tests.keeper.store.given import held, kept, now

KEY = bytes(range(32)).hex()
OTHER = bytes(range(1, 33)).hex()
SET = {"REMINT_KEEPER_KEY": KEY}


def opened(directory: Path, key: Any = None, environ: dict[str, str] | None = None) -> SQLiteStore:
    """The store there."""
    return SQLiteStore(directory, key=key, environ=environ or {})


def made(directory: Path, key: Any = None, environ: dict[str, str] | None = None) -> None:
    """A store there, with one connection, closed."""
    store = opened(directory, key, environ)
    kept(store)
    store.close()


def opens(directory: Path, key: Any = None, environ: dict[str, str] | None = None) -> bool:
    """Whether the store there opens, and is the one that was made."""
    store = opened(directory, key, environ)
    try:
        return now(store) == held()
    finally:
        store.close()


def files(directory: Path) -> dict[str, bytes]:
    """Every file with something in it, but for SQLite's index of its log: whoever reads notes that there."""
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    read = {path: path.read_bytes() for path in found if not path.name.endswith("-shm")}
    return {str(path): data for path, data in read.items() if data}


def test_a_new_store_gets_a_file(tmp_path):
    """Readable by its owner alone; and it opens the store from then on."""
    made(tmp_path / "a")
    assert (tmp_path / "a" / "keeper.key").stat().st_mode & 0o777 == 0o600
    assert opens(tmp_path / "a")


def test_a_file_that_was_put_there_is_used(tmp_path):
    """Who deploys a store brings its key along."""
    (tmp_path / "a").mkdir(mode=0o700)
    (tmp_path / "a" / "keeper.key").write_text(KEY)
    (tmp_path / "a" / "keeper.key").chmod(0o600)
    made(tmp_path / "a")
    assert opens(tmp_path / "a", RootKey(bytes.fromhex(KEY)))


def test_a_missing_file_is_not_made_again(tmp_path):
    """A new key would open nothing, and hide that the old one is gone."""
    made(tmp_path)
    (tmp_path / "keeper.key").unlink()
    before = files(tmp_path)
    with pytest.raises(RootKeyError, match=r"no key in the file keeper\.key.*was made with"):
        opened(tmp_path)
    assert files(tmp_path) == before


def test_a_file_that_others_may_read_is_refused(tmp_path):
    """As a private key of ssh would be."""
    made(tmp_path)
    (tmp_path / "keeper.key").chmod(0o644)
    with pytest.raises(RootKeyError, match="open to others"):
        opened(tmp_path)


def test_the_environment_makes_and_opens_a_store(tmp_path):
    """And no file is written then."""
    made(tmp_path, environ=SET)
    assert not (tmp_path / "keeper.key").exists()
    assert opens(tmp_path, environ=SET)
    with pytest.raises(RootKeyError, match="REMINT_KEEPER_KEY"):
        opened(tmp_path)
    with pytest.raises(RootKeyError, match="REMINT_KEEPER_KEY"):
        opened(tmp_path, environ={"REMINT_KEEPER_KEY": "  "})


def test_the_environment_contradicts_the_file(tmp_path):
    """The error names both."""
    made(tmp_path)
    with pytest.raises(
        VaultError, match=r"REMINT_KEEPER_KEY \(it was made with the file keeper\.key\)"
    ):
        opened(tmp_path, environ=SET)


def test_the_same_key_may_come_from_anywhere(tmp_path):
    """It is the key that counts."""
    made(tmp_path, environ=SET)
    assert opens(tmp_path, RootKey(bytes.fromhex(KEY)))
    assert opens(tmp_path, Secret(KEY))
    (tmp_path / "keeper.key").write_text(KEY)
    (tmp_path / "keeper.key").chmod(0o600)
    assert opens(tmp_path, "file")


def test_a_given_key_wins(tmp_path):
    """Over the environment too."""
    made(tmp_path, RootKey(bytes.fromhex(OTHER)), SET)
    assert opens(tmp_path, Secret(OTHER), SET)
    with pytest.raises(VaultError, match="REMINT_KEEPER_KEY"):
        opened(tmp_path, environ=SET)
    with pytest.raises(RootKeyError, match="the key that was given"):
        opened(tmp_path)


@pytest.mark.parametrize("text", ["", "short", "0" * 64, "not a key!" * 5])
def test_what_is_no_key_is_refused(tmp_path, text):
    """And never shown."""
    with pytest.raises(RootKeyError) as caught:
        opened(tmp_path / "new", Secret(text))
    assert len(text) < 10 or text not in str(caught.value)
    with pytest.raises(RootKeyError):
        opened(tmp_path / "new", "environment", {"REMINT_KEEPER_KEY": text})


@pytest.mark.parametrize("key", [RootKey(bytes.fromhex(OTHER)), Secret(OTHER)])
def test_a_wrong_key_is_found_before_anything_is_written(tmp_path, key):
    """Not a byte of any file changes, and no file comes or goes."""
    store = opened(tmp_path)
    kept(store)
    before = files(tmp_path)
    with pytest.raises(VaultError, match=r"connections\.db: .*the key that was given"):
        opened(tmp_path, key)
    assert files(tmp_path) == before
    store.close()
    before = files(tmp_path)
    with pytest.raises(VaultError):
        opened(tmp_path, key)
    assert files(tmp_path) == before
    assert opens(tmp_path)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], str]]:
    """A real backend of the ``keyring`` package, in memory."""
    try:
        import keyring
        import keyring.backend
        import keyring.errors
    except ImportError:
        lacking("the keyring package")
    kept: dict[tuple[str, str], str] = {}

    class Backend(keyring.backend.KeyringBackend):  # type: ignore[misc, unused-ignore]
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            try:
                del kept[service, username]
            except KeyError:
                raise keyring.errors.PasswordDeleteError from None

    before = keyring.get_keyring()
    keyring.set_keyring(Backend())
    yield kept
    keyring.set_keyring(before)


def test_the_keyring_makes_and_opens_a_store(tmp_path, keyring):
    """Asked for once: the store remembers."""
    made(tmp_path / "a", "keyring")
    made(tmp_path / "b", "keyring")
    assert len(keyring) == 2
    assert {service for service, _ in keyring} == {"remint keeper"}
    assert not (tmp_path / "a" / "keeper.key").exists()
    assert opens(tmp_path / "a")
    assert opens(tmp_path / "b", "keyring")


def test_a_keyring_that_lost_the_key_is_told(tmp_path, keyring):
    """Nothing is made anew."""
    made(tmp_path, "keyring")
    keyring.clear()
    with pytest.raises(RootKeyError, match="no key in the keyring of the system"):
        opened(tmp_path)
    assert not keyring


def test_the_keyring_contradicts_the_file(tmp_path, keyring):
    """Another store's key is not made up."""
    made(tmp_path)
    with pytest.raises(RootKeyError, match=r"no key in the keyring.*that of the file keeper\.key"):
        opened(tmp_path, "keyring")
    assert not keyring


def test_the_root_key_moves_to_the_keyring_and_within_it(tmp_path, keyring):
    """One entry is left each time, and it opens the store."""
    store = opened(tmp_path)
    kept(store)
    store.rewrap("keyring")
    first = dict(keyring)
    assert opens(tmp_path)
    store.rewrap("keyring")
    assert len(keyring) == len(first) == 1
    assert keyring != first
    assert opens(tmp_path)


def test_a_system_without_a_keyring_is_told(tmp_path, keyring):
    """By the backend that the package itself falls back to."""
    import keyring as package
    import keyring.backends.fail

    package.set_keyring(keyring_failing := package.backends.fail.Keyring())
    assert keyring_failing is package.get_keyring()
    with pytest.raises(RootKeyError, match=r"cannot be used \(NoKeyringError\).*REMINT_KEEPER_KEY"):
        opened(tmp_path / "a", "keyring")
    assert not (tmp_path / "a" / "keeper.key").exists()
    made(tmp_path / "a")


def test_without_the_package_it_is_told(tmp_path, monkeypatch):
    """How to get it, or do without."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(RootKeyError, match=r"pip install 'remint\[keyring\]'"):
        opened(tmp_path / "a", "keyring")
    # What a failed making left behind is made into a store by the next one.
    made(tmp_path / "a")
    assert opens(tmp_path / "a")
