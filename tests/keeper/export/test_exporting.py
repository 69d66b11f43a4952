"""Exports: what comes out is what went in, and nothing else ever does."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.errors import ConfigurationError
from remint.keeper import exporting
from remint.keeper.connection import Held, Intent, Setup, Tokens, Trouble
from remint.keeper.exporting import Exported, exported, imported, read_export, write_export
from remint.secret import Secret

WORD = Secret("correct horse")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    """A guess need not be dear here."""
    monkeypatch.setattr(exporting, "COST", 2)


def record(name="acme", **fields):
    tokens = Tokens("canary-at", expires_at_ms=5, refresh_token="canary-rt", extras={"a": 1})
    setup = Setup("oauth2", "https://a", credentials={"client_secret": "canary-cs"})
    return Exported(name, setup, tokens, **fields)


def written(records, passphrase=WORD):
    file = io.BytesIO()
    assert write_export(file, records, passphrase, os.urandom) == len(records)
    return file.getvalue()


def read(data, passphrase=WORD):
    return list(read_export(io.BytesIO(data), "file", passphrase))


@pytest.mark.parametrize("passphrase", [WORD, None], ids=["sealed", "plain"])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_what_goes_in_comes_out(count, passphrase):
    """However many there are."""
    records = [record(f"c{number}", renewals=number) for number in range(count)]
    assert read(written(records, passphrase), passphrase) == records


@settings(max_examples=50)
@given(
    st.text(min_size=1, max_size=20),
    st.text(max_size=60),
    st.dictionaries(st.text(max_size=5), st.integers(0, 9) | st.text(max_size=9) | st.none()),
    st.sampled_from(["fresh", "dead"]),
)
def test_whatever_it_holds(name, token, extras, state):
    """Any name, token and extras, sealed or not."""
    held = Exported(name, Setup("d"), Tokens(token, extras=extras), state=state)
    for passphrase in (WORD, None):
        assert read(written([held], passphrase), passphrase) == [held]


def test_a_sealed_file_shows_nothing():
    """Neither names nor addresses, nor a secret."""
    data = written([record()])
    for word in (b"canary", b"acme", b"oauth2", b"https"):
        assert word not in data
    assert b"canary" not in repr(record()).encode()


def test_two_exports_are_never_alike():
    """Each has a salt, and so a key, of its own."""
    assert written([record()]) != written([record()])


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[:2] + lines[3:],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [*lines, lines[1]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[0].replace(b'"cost":2', b'"cost":4'), *lines[1:]],
        lambda lines: [lines[0], lines[1][:-8] + b"AAAAAAA=", *lines[2:]],
        lambda lines: [lines[0], b"no base64", *lines[2:]],
        lambda lines: [*lines, b"x"],
        lambda lines: lines[:1],
    ],
    ids=["cut off", "left out", "swapped", "appended", "first gone", "head", "bits", "text", "x", "none"],
)  # fmt: skip
def test_what_was_changed_is_refused(change):
    """Nothing can be cut off, left out, moved, added or altered."""
    lines = written([record(f"c{number}") for number in range(350)]).splitlines()
    with pytest.raises(ConfigurationError, match="file: "):
        read(b"\n".join(change(lines)) + b"\n")


@pytest.mark.parametrize("passphrase", [Secret("another"), Secret(""), None])
def test_another_passphrase(passphrase):
    """Nothing comes of it."""
    with pytest.raises(ConfigurationError, match=r"file: (cannot be unsealed|is sealed)"):
        read(written([record()]), passphrase)


@pytest.mark.parametrize("cost", [0, -2, 3, 2**21, 2**40])
def test_a_key_that_would_cost_too_much(cost):
    """A file must not take all the memory there is."""
    head = f'{{"remint_export":1,"sealed":true,"cost":{cost},"salt":"AAAA"}}\n'.encode()
    with pytest.raises(ConfigurationError, match="is sealed"):
        read(head)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}\n", b"\xff\n", b"[" * 100_000, b'{"remint_export":2,"sealed":false}\n', b'"x"\n'],
)
def test_another_file(data):
    """It says what would do."""
    with pytest.raises(ConfigurationError, match="is no export of this release"):
        read(data)


def test_a_plain_file_that_was_cut_off():
    """The last line counts the others."""
    lines = written([record("a"), record("b")], None).splitlines(keepends=True)
    for kept in (lines[:-1], [lines[0], lines[1], lines[3]], [*lines, lines[1]]):
        with pytest.raises(ConfigurationError, match="is not all of an export"):
            read(b"".join(kept), None)
    with pytest.raises(ConfigurationError, match="a line that is no connection") as caught:
        read(lines[0] + lines[1][:-9] + b"\n", None)
    assert "canary" not in str(caught.value)


def test_a_connection_begins_anew_elsewhere():
    """What belongs to its store alone stays there: its id, its intent, its fences."""
    trouble = Trouble("invalid_grant", "No.", "dead", 7)
    held = Held(
        "id",
        "acme",
        Setup("oauth2"),
        Tokens("at"),
        state="in_doubt",
        version=9,
        renewed_at_ms=3,
        renewals=4,
        renew_at_ms=5,
        failures=2,
        trouble=trouble,
        intent=Intent(8, 1),
        swapped_fence=7,
    )
    there = imported(exported(held), os.urandom)
    assert there.id != "id"
    assert (there.state, there.intent, there.swapped_fence, there.version) == ("fresh", None, 0, 1)
    assert (there.renewals, there.renewed_at_ms, there.renew_at_ms) == (4, 3, 5)
    assert there.trouble == trouble
    assert imported(Exported("a", Setup("d"), Tokens(), state="dead"), os.urandom).state == "dead"
