"""The copies that a machine keeps of its last answers: which there are, for how long, and what is torn."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from remint.keeper.store.postgres import copies as module
from remint.keeper.store.postgres.copies import Copies
from remint.keeper.store.postgres.letter import Letter
from tests.keeper.store.places import SetClock


@pytest.fixture
def clock() -> SetClock:
    """Stands still."""
    return SetClock()


@pytest.fixture
def copies(tmp_path: Path, clock: SetClock) -> Copies:
    """None yet."""
    return Copies(tmp_path / "copies", clock)


def letter(fence: int, sealed: bytes = bytes(range(256))) -> Letter:
    """An answer under that fence."""
    return Letter("acme", "id-of-acme", fence, sealed)


def files(copies: Copies) -> list[Path]:
    """Where they lie."""
    return sorted(path for path in copies._directory.iterdir() if path.name != "offered")


def test_they_are_there_for_all_processes(copies, tmp_path, clock):
    """Whoever adds one, in the order in which they came."""
    another = Copies(tmp_path / "copies", clock)
    assert copies.is_empty()
    for fence in range(1, 7):
        (copies if fence % 2 else another).add(letter(fence))
    assert not another.is_empty()
    assert copies.letters() == another.letters() == [letter(fence) for fence in range(1, 7)]
    (file,) = files(copies)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_that_was_torn_is_passed_over(copies):
    """As by a process that was killed: what was written before and after it is whole."""
    copies.add(letter(1))
    (file,) = files(copies)
    whole = file.read_bytes()
    copies.add(letter(2))
    for end in range(len(whole) + 1, len(file.read_bytes())):
        torn = file.read_bytes()[:end]
        file.write_bytes(torn)
        copies.add(letter(3))
        assert [each.fence for each in copies.letters()] in ([1, 3], [1, 2, 3])
        file.write_bytes(torn[: len(whole)])
        copies.add(letter(2))


def test_the_oldest_go(copies, monkeypatch):
    """There is a bound to what they take."""
    monkeypatch.setattr(module, "_FILE_BYTES", 4_000)
    for fence in range(1, 101):
        copies.add(letter(fence))
    kept = [each.fence for each in copies.letters()]
    assert kept == list(range(101 - len(kept), 101))
    assert 30 < len(kept) < 100
    assert sum(file.stat().st_size for file in files(copies)) <= 4 * 4_500


def test_after_an_hour_they_are_gone(copies, clock, tmp_path):
    """Also those of a machine that makes no more."""
    copies.add(letter(1))
    clock.step(15 * 60_000)
    copies.add(letter(2))
    assert [each.fence for each in copies.letters()] == [1, 2]
    clock.step(45 * 60_000)
    copies.add(letter(3))
    assert [each.fence for each in copies.letters()] == [2, 3]
    clock.step(3_600_000)
    assert Copies(tmp_path / "copies", clock).is_empty()


def test_a_clock_that_was_set_back(copies, clock):
    """Nothing is lost for it."""
    copies.add(letter(1))
    clock.jump(-3_600_000)
    for fence in (2, 3, 4):
        copies.add(letter(fence))
    assert [each.fence for each in copies.letters()] == [1, 2, 3, 4]
    assert len(files(copies)) == 2


def test_a_disk_that_is_full(copies, monkeypatch):
    """It is said, and those that are there can be read."""
    copies.add(letter(1))
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:40]))
        with pytest.raises(OSError, match="no room"):
            copies.add(letter(2))
    copies.add(letter(3))
    assert [each.fence for each in copies.letters()] == [1, 3]


def test_which_server_has_been_offered_them(copies, tmp_path, clock):
    """It is remembered for the process that comes next."""
    assert copies.offered_to() == 0
    copies.is_offered_to(3)
    assert Copies(tmp_path / "copies", clock).offered_to() == 3
    (tmp_path / "copies" / "offered").write_text("")
    assert copies.offered_to() == 0
