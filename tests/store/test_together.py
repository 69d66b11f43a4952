"""What is written together is one transaction, what is read together has one connection."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from remint.errors import Conflict, NotFound


def names(store) -> list[str]:
    return [each.name for each in store.workspaces.all()]


def test_all_of_it_holds(store):
    """Two changes hold at the end of the block, and are seen in it before."""
    with store.database.together():
        store.workspaces.create("one")
        assert names(store) == ["one"]
        store.workspaces.create("two")
    assert names(store) == ["one", "two"]


def test_none_of_it_holds_after_an_error(store):
    """An error later in the block takes back what was written before."""

    def twice() -> None:
        with store.database.together():
            store.workspaces.create("one")
            store.workspaces.create("one")

    with pytest.raises(Conflict):
        twice()
    assert names(store) == []
    store.workspaces.create("after")
    assert names(store) == ["after"]


def test_nobody_waits_before_the_first_write(store):
    """While the block only works, another thread writes; what it wrote is there."""
    with store.database.together():
        other = threading.Thread(target=store.workspaces.create, args=("other",))
        other.start()
        other.join()
        store.workspaces.create("mine")
    assert names(store) == ["other", "mine"]


def test_a_block_that_writes_nothing_is_none(store):
    """Without a write there is no transaction, and the next one is its own."""
    with store.database.together():
        assert names(store) == []
    store.workspaces.create("after")
    assert names(store) == ["after"]


def test_what_is_read_together_shares_a_connection(store):
    """It is given back at the end of the block, and a block within one is a part of it."""
    database = store.database
    with database.reading():
        with database.read() as one, database.reading(), database.read() as two:
            assert one is two
        assert names(store) == []
        with database.read() as three:
            assert three is one
    assert one.closed
    with database.read() as later:
        assert later is not one


def test_what_is_written_is_seen_by_who_reads_on(store):
    """Somebody who holds the older connection goes on reading with it."""
    with store.database.reading():
        assert names(store) == []
        with store.database.read() as older:
            store.workspaces.create("one")
            assert not older.closed
        assert names(store) == ["one"]
    assert older.closed


def test_an_error_leaves_no_broken_connection_to_the_next_reader(store):
    """A statement that fails ends what a server's transaction can do; a page that tells of it reads on."""

    def fail() -> None:
        with store.database.read() as connection:
            connection.execute(text("SELECT 1 FROM nowhere"))

    with store.database.reading():
        assert names(store) == []
        with pytest.raises(Exception, match="nowhere"):
            fail()
        assert names(store) == []
        with pytest.raises(NotFound):
            store.workspaces.named("nobody")


def test_another_thread_has_another_connection(store):
    """They are not to be shared: each thread reads for itself."""
    found = []

    def look() -> None:
        with store.database.read() as mine:
            found.append(mine)

    with store.database.reading(), store.database.read() as own:
        other = threading.Thread(target=look)
        other.start()
        other.join()
        assert found[0] is not own
