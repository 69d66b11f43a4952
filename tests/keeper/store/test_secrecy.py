"""Whoever has the files has nothing; and whoever changes them is found out."""

from __future__ import annotations

import base64
import contextlib
import itertools
import logging
import sqlite3
import stat
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from remint.errors import VaultError
from remint.keeper.connection import Setup, Tokens, Trouble
from tests.keeper.store.given import (
    LEASE_MS,
    answer,
    answered,
    held,
    kept,
    leased,
    now,
    renewed,
    setback,
)
from tests.keeper.store.places import NOW_MS, SQLitePlace

SECRETS = {
    "refresh": "rt.4F5eQz-d8_Kk2mXw7bN0",
    "access": "at~Zp9yLr3vTq8wHs6dJf1c",
    "id token": "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
    "client secret": "cs+9/Ab3Cd4Ef5Gh6Ij7Kl",
    "api key": "sk_live_51H8abcdefghijk",
    "password": "pässwörd with spaces 17",
    "e-mail": "ada.lovelace@example.com",
    "extra": "https://na139.salesforce.example/secret",
    "said": "token rt.echoed-by-the-provider is unknown",
    "body": "access-in-the-raw-answer-5512",
    "later": "rt.second-generation-token-00",
}


def spellings(secret: str) -> Iterator[bytes]:
    """Every way in which a secret might lie in a file."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "latin-1"):
        raw = secret.encode(encoding)
        yield raw
        yield raw[::-1]
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
    raw = secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for altchars in (None, b"-_"):
        # Inside of something longer, base64 begins at any of three places.
        for before in range(3):
            text = base64.b64encode(b"\0" * before + raw, altchars)
            yield text[4 * ((before + 2) // 3) + 1 : len(text) - 4]


def filled(place: SQLitePlace) -> None:
    """A store in which each secret was, at some time, in each place that it may come to."""
    setup = Setup(
        "oauth2",
        "https://provider.example",
        credentials={
            "client_secret": SECRETS["client secret"],
            "api_key": SECRETS["api key"],
            "password": SECRETS["password"],
            "username": SECRETS["e-mail"],
        },
    )
    first = Tokens(
        access_token=SECRETS["access"],
        refresh_token=SECRETS["refresh"],
        id_token=SECRETS["id token"],
        extras={"instance_url": SECRETS["extra"]},
    )
    store = place.open()
    made = kept(store, setup=setup, tokens=first)
    trouble = Trouble("invalid_request", SECRETS["said"], "later", NOW_MS)
    lease = leased(store)
    answered(store, lease, SECRETS["body"].encode())
    assert store.settle(made, replace(setback(), trouble=trouble), lease.fence)
    reply = answered(store, lease, SECRETS["body"].encode())
    new = replace(renewed(1), tokens=replace(first, refresh_token=SECRETS["later"]))
    assert store.swap(made, reply, new) is not None
    answered(store, lease := replaced(store, lease), SECRETS["body"].encode())
    assert store.settle(now(store), replace(setback("in_doubt"), trouble=trouble), lease.fence)
    answered(store, lease, SECRETS["body"].encode())
    store.charge(f"provider {SECRETS['client secret']}", 1, 60, NOW_MS)
    kept(store, "another", setup=setup, tokens=first)
    assert store.forget("another")
    store.rotate()
    store.reseal()


def replaced(store: Any, lease: Any) -> Any:
    """The next lease."""
    store.release(lease)
    return leased(store)


@pytest.mark.parametrize("is_open", [True, False], ids=["in use", "closed"])
def test_no_file_holds_a_secret(directory, is_open):
    """Searched for in every file, in every spelling; the name alone is there to be found."""
    filled(directory)
    if not is_open:
        directory.close()
        directory._opened.clear()
    files = directory.files()
    everything = b"\0".join(files.values())
    assert b"acme" in everything
    # The file of the root key is what opens the rest; it holds nothing else.
    assert "keeper.key" in files
    for what, secret in SECRETS.items():
        for spelling in spellings(secret):
            assert len(spelling) > 10
            assert spelling not in everything, what


def test_the_search_finds_what_lies_open(tmp_path):
    """It would have: each spelling, in the middle of a file."""
    for spell, before in itertools.product(
        (
            str.encode,
            lambda text: text.encode("utf-16-le"),
            lambda text: text.encode().hex().encode(),
        ),
        (0, 1, 2),
    ):
        data = b"x" * before + spell(SECRETS["access"]) + b"yz"
        assert any(spelling in data for spelling in spellings(SECRETS["access"]))
    for before in range(3):
        data = base64.b64encode(b"x" * before + SECRETS["access"].encode() + b"yz")
        assert any(spelling in data for spelling in spellings(SECRETS["access"]))


def test_only_their_owner_may_open_the_files(directory):
    """Whatever the umask says."""
    filled(directory)
    assert stat.S_IMODE(directory.directory.stat().st_mode) == 0o700
    for path in directory.directory.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_logged_or_shown(directory, caplog):
    """At any level, nor by any repr."""
    with caplog.at_level(logging.DEBUG):
        filled(directory)
        directory.clock.step(LEASE_MS)
        store = directory.open()
        shown = [repr(store), repr(store.listing("", 9)), repr(store.unread(now(store)))]
        shown += [repr(leased(store)), repr(store.acquire("acme", "x", 5))]
    for secret in SECRETS.values():
        assert secret not in "".join(shown) + caplog.text


@contextlib.contextmanager
def meddling(place: SQLitePlace) -> Iterator[sqlite3.Connection]:
    """Somebody else's hand in the database."""
    with contextlib.closing(sqlite3.connect(place.directory / "connections.db")) as connection:
        yield connection
        connection.commit()


@pytest.mark.parametrize("columns", [["payload"], ["payload", "version"]], ids="-".join)
def test_a_payload_that_was_moved_to_another_row_is_refused(directory, sqlite, columns):
    """Nobody gets another's tokens by a change of the database."""
    kept(sqlite, "a")
    kept(sqlite, "b", generation=1, version=4)
    with meddling(directory) as connection:
        for column in columns:
            connection.execute(
                f"UPDATE connection SET {column} = (SELECT {column} FROM connection WHERE name = 'b')"
                " WHERE name = 'a'"
            )
    with pytest.raises(VaultError, match="does not unseal"):
        sqlite.load("a")
    with pytest.raises(VaultError):
        sqlite.acquire("a", "me", 5)
    with pytest.raises(VaultError):
        sqlite.listing("", 9)
    assert now(sqlite, "b").version == 4


def test_a_row_that_was_renamed_is_refused(directory, sqlite):
    """Whoever asks for one name never gets what was kept under another."""
    kept(sqlite, "a")
    kept(sqlite, "b")
    with meddling(directory) as connection:
        for old, new in (("a", "x"), ("b", "a"), ("x", "b")):
            connection.execute("UPDATE connection SET name = ? WHERE name = ?", (new, old))
    for name in ("a", "b"):
        with pytest.raises(VaultError, match="does not unseal"):
            sqlite.load(name)


def test_an_older_payload_that_was_put_back_is_refused(directory, sqlite):
    """A spent refresh token would be taken for the newest."""
    made = kept(sqlite)
    with meddling(directory) as connection:
        (old,) = connection.execute("SELECT payload FROM connection").fetchone()
    lease = leased(sqlite)
    assert sqlite.swap(made, answered(sqlite, lease), renewed(1)) is not None
    with meddling(directory) as connection:
        connection.execute("UPDATE connection SET payload = ?", (old,))
    with pytest.raises(VaultError, match="does not unseal"):
        sqlite.load("acme")
    with pytest.raises(VaultError):
        sqlite.swap(made, answer(9, "refresh-1"), renewed(2))


def test_trouble_of_another_is_refused(directory, sqlite):
    """Its words are sealed in their place, too."""
    for name in ("a", "b"):
        made = kept(sqlite, name)
        assert sqlite.settle(made, setback(), leased(sqlite, name).fence)
    with meddling(directory) as connection:
        connection.execute(
            "UPDATE connection SET trouble = (SELECT trouble FROM connection WHERE name = 'b')"
            " WHERE name = 'a'"
        )
    with pytest.raises(VaultError, match="the trouble of 'a'"):
        sqlite.load("a")


def test_an_answer_that_was_changed_is_none(directory, sqlite, caplog):
    """It is left where it is, told by a warning, and keeps nobody alive; the next renewal goes on."""
    made = kept(sqlite)
    lease = leased(sqlite)
    answered(sqlite, lease, b"secret-body")
    (room,) = (directory.directory / "spool").iterdir()
    data = bytearray(room.read_bytes())
    data[60] ^= 1
    room.write_bytes(bytes(data))
    assert sqlite.unread(made) == []
    assert "cannot be read" in caplog.text and "secret" not in caplog.text
    assert room.read_bytes() == data
    sqlite.release(lease)
    second = leased(sqlite)
    reply = answered(sqlite, second)
    assert sqlite.unread(made) == [reply]
    assert sqlite.settle(made, setback("dead"), second.fence)


def test_an_answer_of_another_s_room_is_none(directory, sqlite):
    """Files that change places bring nobody another's tokens."""
    first, second = kept(sqlite, "a"), kept(sqlite, "b")
    for name in ("a", "b"):
        answered(sqlite, leased(sqlite, name), name.encode())
    one, two = sorted((directory.directory / "spool").iterdir())
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)
    assert sqlite.unread(first) == []
    assert sqlite.unread(second) == []


def test_a_name_is_not_sealed(directory, sqlite):
    """What is found by name stands there by name: the docs say so."""
    kept(sqlite, held("ada@example.com").name)
    directory.close()
    directory._opened.clear()
    assert b"ada@example.com" in b"".join(directory.files().values())
