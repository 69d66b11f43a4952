"""Everything that is done to a store, each with what has to be there before; and how a store looks."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from remint.keeper.store.sqlite import SQLiteStore
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

_LEASE_MS: Final = 2 * LEASE_MS


class Operation(NamedTuple):
    """``prepare`` gives what ``act`` takes besides the store."""

    prepare: Callable[[SQLiteStore], Any]
    act: Callable[[SQLiteStore, Any], Any]


def _nothing(store: SQLiteStore) -> None:
    kept(store)


def _leased(store: SQLiteStore) -> Any:
    kept(store)
    return leased(store)


def _intended(store: SQLiteStore) -> Any:
    lease = _leased(store)
    assert store.intend(lease, NOW_MS)
    return lease


def _answered(store: SQLiteStore) -> Any:
    lease = _leased(store)
    return lease, answered(store, lease)


def _rotated(store: SQLiteStore) -> None:
    for name in ("acme", "b", "c"):
        kept(store, name)
    store.rotate()


def _append(store: SQLiteStore, lease: Any) -> Any:
    return store.append(lease, answer(lease.fence, lease.held.sent, b"x" * 40_000))


OPERATIONS: Final[dict[str, Operation]] = {
    "create": Operation(lambda _: None, lambda store, _: store.create(held())),
    "replace": Operation(
        _answered, lambda store, _: store.create(held(id="new", generation=5), replace=True)
    ),
    "acquire": Operation(_nothing, lambda store, _: store.acquire("acme", "me", LEASE_MS)),
    "extend": Operation(_leased, lambda store, lease: store.extend([lease], _LEASE_MS)),
    "intend": Operation(_leased, lambda store, lease: store.intend(lease, NOW_MS)),
    "append": Operation(_intended, _append),
    "append without room": Operation(_leased, _append),
    "swap": Operation(
        _answered, lambda store, given: store.swap(given[0].held, given[1], renewed(1))
    ),
    "settle": Operation(
        _answered, lambda store, given: store.settle(given[0].held, setback(), given[0].fence)
    ),
    "set aside": Operation(
        _answered,
        lambda store, given: store.settle(
            given[0].held, setback("in_doubt", consumes=False), given[0].fence
        ),
    ),
    "die": Operation(
        _answered, lambda store, given: store.settle(given[0].held, setback("dead"), given[0].fence)
    ),
    "release": Operation(_intended, lambda store, lease: store.release(lease)),
    "postpone": Operation(_nothing, lambda store, _: store.postpone("acme", 5)),
    "forget": Operation(_answered, lambda store, _: store.forget("acme")),
    "charge": Operation(_nothing, lambda store, _: store.charge("a", 1, 60, NOW_MS)),
    "rotate": Operation(_nothing, lambda store, _: store.rotate()),
    "reseal": Operation(_rotated, lambda store, _: store.reseal()),
    "rewrap": Operation(_nothing, lambda store, _: store.rewrap("file")),
}


def look(place: SQLitePlace) -> object:
    """All that a fresh process finds, but for what is drawn by chance."""
    store = place.open()
    try:
        listing = store.listing("", 99)
        answers = [store.unread(each) for each in listing]
        waits = store.due(2**60, 99)
    finally:
        store.close()
    with contextlib.closing(sqlite3.connect(place.directory / "connections.db")) as connection:
        rows = [
            connection.execute(statement).fetchall()
            for statement in (
                "SELECT name, owner, fence, lease_until_ms, key_id FROM connection ORDER BY name",
                "SELECT charged_until_ms FROM allowance",
                "SELECT id, active FROM data_key ORDER BY id",
            )
        ]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return listing, answers, waits, rows


def old_and_new(place: SQLitePlace, operation: Operation) -> tuple[object, object]:
    """How a store looks before and after, when nothing goes wrong."""
    store = place.open()
    given = operation.prepare(store)
    old = look(place)
    operation.act(store, given)
    new = look(place)
    place.close()
    return old, new


def goes_on(place: SQLitePlace, store: SQLiteStore) -> None:
    """Whatever went wrong before: a renewal succeeds now."""
    if store.load("acme") is None:
        kept(store)
    place.clock.step(10 * LEASE_MS)
    for reply in store.unread(now(store)):
        store.swap(now(store), reply, renewed(8))
    lease = leased(store)
    reply = answered(store, lease)
    assert store.swap(lease.held, reply, renewed(9)) is not None
    store.release(lease)
    assert store.unread(now(store)) == []
