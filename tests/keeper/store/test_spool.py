"""Rooms for answers: made ahead, used again, and never somebody else's."""

from __future__ import annotations

import fcntl
import logging

import pytest

from remint.keeper.store.spool import ROOM_BYTES, Spool
from remint.keeper.store.sqlite.rooms import FREE_ROOMS_KEPT, ROOMS_PER_CONNECTION
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
from tests.keeper.store.places import NOW_MS


@pytest.fixture
def spool(tmp_path):
    """Without a room."""
    return Spool(tmp_path)


def rooms(place):
    """The files of the spool."""
    return sorted((place.directory / "spool").iterdir())


def test_a_room_has_its_space_before_anything_is_written(spool, tmp_path):
    """On the disk, not only in the length of the file."""
    assert spool.prepare(1, "id", 1)
    (room,) = tmp_path.iterdir()
    assert room.stat().st_size == ROOM_BYTES
    assert room.stat().st_blocks * 512 >= ROOM_BYTES
    assert room.stat().st_mode & 0o777 == 0o600
    assert spool.write(1, "id", 1, b"x" * 60_000)
    assert room.stat().st_size == ROOM_BYTES
    assert spool.read(1, "id", 1) == b"x" * 60_000


def test_a_room_is_of_one_intent(spool):
    """Nobody else reads what is in it, nor writes into it; not even the one who had it before."""
    assert spool.prepare(1, "id", 1)
    assert spool.write(1, "id", 1, b"one")
    assert spool.read(1, "id", 2) is None
    assert spool.read(1, "other", 1) is None
    assert spool.prepare(1, "id", 2)
    assert spool.is_empty(1, "id", 2)
    assert not spool.write(1, "id", 1, b"late")
    assert spool.read(1, "id", 2) is None
    assert not spool.write(2, "id", 1, b"there is no such room")
    assert spool.read(2, "id", 1) is None


def test_a_room_that_is_being_written_to_is_given_to_nobody(spool, tmp_path):
    """Nor is it empty, as long as nobody knows."""
    assert spool.prepare(1, "id", 1)
    with next(tmp_path.iterdir()).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not spool.prepare(1, "id", 2)
        assert spool.is_busy(1)
        assert not spool.is_empty(1, "id", 1)
        assert not spool.write(1, "id", 1, b"x")
    assert not spool.is_busy(1)
    assert spool.is_empty(1, "id", 1)


def test_rooms_are_used_again(directory, sqlite):
    """A renewal makes no file where the one before it left one."""
    kept(sqlite)
    for number in range(1, 20):
        lease = leased(sqlite)
        assert sqlite.swap(lease.held, answered(sqlite, lease), renewed(number)) is not None
        sqlite.release(lease)
    assert len(rooms(directory)) == 1
    kept(sqlite, "b")
    one, two = leased(sqlite), leased(sqlite, "b")
    assert sqlite.intend(one, NOW_MS) and sqlite.intend(two, NOW_MS)
    assert len(rooms(directory)) == 2


def test_a_call_that_brought_nothing_leaves_its_room(directory, sqlite):
    """When the lease is given back, whatever was settled."""
    for number in range(5):
        name = f"{number}"
        kept(sqlite, name)
        lease = leased(sqlite, name)
        assert sqlite.intend(lease, NOW_MS)
        assert sqlite.settle(lease.held, setback("in_doubt", keeps_intent=True), lease.fence)
        sqlite.release(lease)
    assert len(rooms(directory)) == 1


def test_free_rooms_do_not_pile_up(directory, sqlite):
    """After a storm the disk gets back what is not needed soon."""
    names = [f"{at:03}" for at in range(FREE_ROOMS_KEPT + 20)]
    leases = []
    for name in names:
        kept(sqlite, name)
        leases.append(leased(sqlite, name))
        assert sqlite.intend(leases[-1], NOW_MS)
    assert len(rooms(directory)) == len(names)
    for lease in leases:
        sqlite.release(lease)
    assert len(rooms(directory)) == FREE_ROOMS_KEPT
    assert sqlite.intend(leased(sqlite, names[0]), NOW_MS)


def test_answers_to_one_connection_are_bounded(directory, sqlite, caplog):
    """The oldest that cannot be read go first, then the oldest."""
    made = kept(sqlite)
    replies = []
    for number in range(ROOMS_PER_CONNECTION):
        replies.append(answered(sqlite, leased(sqlite), b"%d" % number))
        directory.clock.step(LEASE_MS)
    torn = rooms(directory)[3]
    torn.write_bytes(torn.read_bytes()[:50])
    with caplog.at_level(logging.WARNING):
        assert sqlite.unread(made) == replies[:3] + replies[4:]
    assert "cannot be read" in caplog.text
    for number in range(2):
        replies.append(answered(sqlite, leased(sqlite), b"more %d" % number))
        directory.clock.step(LEASE_MS)
    assert sqlite.unread(made) == [*replies[1:3], *replies[4:]]
    assert len(rooms(directory)) == ROOMS_PER_CONNECTION


@pytest.mark.parametrize("size", [0, 10, 20, 40, 100])
def test_a_torn_answer_is_none(directory, sqlite, caplog, size):
    """It is left where it is; the connection may die or be renewed as if it had not come."""
    made = kept(sqlite)
    lease = leased(sqlite)
    answered(sqlite, lease, b"y" * 300)
    (room,) = rooms(directory)
    data = room.read_bytes()
    room.write_bytes(data[:size] + bytes(len(data) - size))
    assert sqlite.unread(made) == []
    assert ("cannot be read" in caplog.text) is (size >= 20)
    assert "yyy" not in caplog.text
    sqlite.release(lease)
    second = leased(directory.open())
    assert sqlite.settle(made, setback("dead"), second.fence)
    assert now(sqlite).state == "dead"


def test_an_answer_that_is_being_written_keeps_the_connection_alive(directory, sqlite):
    """Nobody knows yet what it says."""
    made = kept(sqlite)
    assert sqlite.intend(leased(sqlite), NOW_MS)
    directory.clock.step(LEASE_MS)
    second = leased(sqlite)
    with rooms(directory)[0].open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not sqlite.settle(made, setback("dead"), second.fence)
    assert sqlite.settle(made, setback("dead"), second.fence)


def test_an_answer_whose_room_was_given_away_gets_another(directory, sqlite):
    """Its process was stopped for long; nothing of what lies in the room now is lost."""
    made, other = kept(sqlite), kept(sqlite, "b")
    first = leased(sqlite)
    assert sqlite.intend(first, NOW_MS)
    directory.clock.step(LEASE_MS)
    second = directory.open()
    # Whoever gives it back in the first one's place: the room is free, and goes to another connection.
    second.release(first)
    theirs = answered(second, leased(second, "b"), b"theirs")
    mine = answer(first.fence, made.sent, b"mine")
    sqlite.append(first, mine)
    assert second.unread(other) == [theirs]
    assert second.unread(made) == [mine]


def test_an_answer_in_a_room_that_is_free_is_moved(directory, sqlite):
    """A process that is killed right after it freed a room has not told the file."""
    made = kept(sqlite)
    first = leased(sqlite)
    assert sqlite.intend(first, NOW_MS)
    directory.open().release(first)
    mine = answer(first.fence, made.sent, b"mine")
    sqlite.append(first, mine)
    assert directory.open().unread(made) == [mine]
    assert held().id == made.id
