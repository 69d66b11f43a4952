"""The journal of revocations: what is appended stays, what is taken back or did not fit never was there."""

from __future__ import annotations

import os

import pytest

from remint.store.journal import Entry, Journal
from tests.store.stores import NOW


@pytest.fixture
def journal(tmp_path) -> Journal:
    """An empty one."""
    return Journal(tmp_path / "revocations.jsonl")


def entry(number: int) -> Entry:
    """The revocation of one grant."""
    return Entry(at=NOW, what="grant", why=1, grant=f"{number:032x}")


def test_what_is_taken_back_was_never_there(journal):
    """All of the last append goes, byte by byte, and what comes next is whole."""
    journal.append([entry(1)])
    before = journal.content()
    end = journal.append([entry(2), entry(3)])
    journal.take_back(end)
    assert journal.content() == before
    journal.append([entry(4)])
    assert list(journal.entries(NOW)) == [entry(1), entry(4)]


def test_a_line_cut_short_is_kept_apart(journal, tmp_path):
    """By a crash: it swallows nothing, and is there again when what came after it is taken back."""
    journal.append([entry(1)])
    (tmp_path / "revocations.jsonl").write_bytes(journal.content()[:-9])
    cut = journal.content()
    end = journal.append([entry(2)])
    assert list(journal.entries(NOW)) == [entry(2)]
    journal.take_back(end)
    assert journal.content() == cut


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_what_did_not_fit_leaves_nothing(journal, monkeypatch, call):
    """The disk is full, or fails, in the middle of two: neither is asserted one day."""
    journal.append([entry(1)])
    before = journal.content()
    calls = {"write": os.write, "fsync": os.fsync}

    def fail(descriptor: int, lines: bytes = b"") -> int:
        monkeypatch.setattr(os, call, calls[call])
        if call == "write":
            os.write(descriptor, lines[: len(lines) // 2 + 9])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        journal.append([entry(2), entry(3)])
    assert journal.content() == before
    journal.append([entry(4)])
    assert list(journal.entries(NOW)) == [entry(1), entry(4)]
