"""What is written together is one transaction, which begins when something is written."""

from __future__ import annotations

import threading

import pytest

from remint.errors import Conflict


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
