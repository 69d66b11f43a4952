"""The world that the model checker explores: a server, its database, two workers of a client, a thief.

Everything in it is small and symbolic. Time goes in units, of which ``WINDOW`` make the retry window and
``IDLE`` the idle lifetime; what is older is as old as that. Moments within a unit are told apart by rank
alone. Generations count from the lowest one that matters, and a gap of more than three between two of them
is a gap of three: the rules look no further. So the states are finite, and many are one.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import Final, NamedTuple

WINDOW: Final = 2
IDLE: Final = 4
STREAK: Final = 5
GAP: Final = 3


class Stage(IntEnum):
    """Where a worker's request is."""

    NONE = 0
    SENT = 1
    ARRIVED = 2
    ANSWERED = 3


class Worker(NamedTuple):
    """One worker of the client, and the request it waits for.

    ``token`` is the generation that was sent or, once answered, the one in the answer. ``moment`` and
    ``age`` are when the request arrived, ``late`` says that its token's window was over by then, as history
    has it.
    """

    stage: Stage = Stage.NONE
    token: int = 0
    moment: int = 0
    age: int = 0
    late: bool = False


class Row(NamedTuple):
    """The grant as the database has it, and what the oracle remembers with it.

    ``both`` tells who was given the present generation (1 the client, 2 the thief), ``shared`` how many
    generations running both were, ``run`` how many saw a retry, and ``retried`` whether this one did.
    """

    newest: int = 1
    age: int = 0
    moment: int = 0
    key: int = 1
    retries: int = 0
    revoked: bool = False
    given: int = 0
    shared: int = 0
    run: int = 0
    retried: bool = False
    raised: bool = False


class World(NamedTuple):
    """One state. ``copy`` is a backup or a standby's row, ``journal`` the journal of revocations.

    ``store`` is the newest token that the client has received. ``stolen`` and ``loot`` are the oldest and
    the newest token of the thief, −1 for none. ``used``, ``used_age`` and ``answer_key`` are history, which
    no restore turns back: the newest token that was ever renewed, how long ago, and with which key (0 after
    a restore and at first: nobody knows). ``clean`` says that neither a thief nor a late request
    has interfered.
    """

    row: Row = Row()
    copy: Row | None = None
    journal: bool = False
    up: bool = True
    serving: int = 0
    mint: int = 1
    store: int = 1
    workers: tuple[Worker, ...] = (Worker(), Worker())
    stolen: int = -1
    loot: int = -1
    used: int = 0
    used_age: int = 0
    answer_key: int = 0
    clean: bool = True
    restored: bool = False


def settled(world: World) -> World:
    """The one state that stands for all that differ from ``world`` in nothing the rules can see."""
    if world.journal:
        return _over(world)
    # A service that began before the row advanced might as well have begun then.
    if world.serving > world.row.age:
        world = world._replace(serving=world.row.age)
    if numbers := _places(_generations(world), GAP):
        world = _renumbered(world, numbers)
    if moments := _places(_moments(world), 1):
        world = _reordered(world, moments)
    workers = world.workers
    if len(workers) > 1 and workers[0] > workers[1]:
        world = world._replace(workers=tuple(sorted(workers)))
    return world


def older(world: World) -> World:
    """``world`` after one unit of time."""
    copy = world.copy
    return world._replace(
        row=world.row._replace(age=_later(world.row.age)),
        copy=None if copy is None else copy._replace(age=_later(copy.age)),
        serving=_later(world.serving),
        used_age=_later(world.used_age),
        workers=tuple(
            worker._replace(age=_later(worker.age)) if worker.stage is Stage.ARRIVED else worker
            for worker in world.workers
        ),
    )


def next_moment(world: World) -> int:
    """A moment after all that matter."""
    return max(_moments(world)) + 1


def _later(age: int) -> int:
    return min(IDLE, age + 1)


def _over(world: World) -> World:
    """A revoked grant has no finer points: one copy that knows of it, one that does not."""
    copy = None if world.copy is None else Row(revoked=world.copy.revoked)
    workers = (Worker(),) * len(world.workers)
    return World(
        Row(revoked=world.row.revoked),
        copy,
        journal=True,
        up=world.up,
        workers=workers,
        stolen=min(world.stolen, 0),
        loot=min(world.loot, 0),
    )


def _renumbered(world: World, numbers: dict[int, int]) -> World:
    copy = world.copy
    return world._replace(
        row=world.row._replace(newest=numbers[world.row.newest]),
        copy=None if copy is None else copy._replace(newest=numbers[copy.newest]),
        store=numbers[world.store],
        workers=tuple(
            worker._replace(token=numbers[worker.token]) if worker.stage else worker
            for worker in world.workers
        ),
        stolen=numbers.get(world.stolen, -1),
        loot=numbers.get(world.loot, -1),
        used=numbers[world.used],
    )


def _reordered(world: World, moments: dict[int, int]) -> World:
    copy = world.copy
    return world._replace(
        row=world.row._replace(moment=moments[world.row.moment]),
        copy=None if copy is None else copy._replace(moment=moments[copy.moment]),
        workers=tuple(
            worker._replace(moment=moments[worker.moment])
            if worker.stage is Stage.ARRIVED
            else worker
            for worker in world.workers
        ),
    )


def _generations(world: World) -> list[int]:
    found = [world.row.newest, world.store, world.used]
    found += [worker.token for worker in world.workers if worker.stage]
    found += [token for token in (world.stolen, world.loot) if token >= 0]
    if world.copy is not None:
        found.append(world.copy.newest)
    return found


def _moments(world: World) -> list[int]:
    found = [world.row.moment]
    found += [worker.moment for worker in world.workers if worker.stage is Stage.ARRIVED]
    if world.copy is not None:
        found.append(world.copy.moment)
    return found


def _places(values: list[int], gap: int) -> dict[int, int]:
    """Where each value goes once they begin at 0 and lie close; nothing if they do already."""
    ordered = sorted(set(values))
    places = {ordered[0]: 0}
    for lower, value in pairwise(ordered):
        places[value] = places[lower] + min(gap, value - lower)
    return places if places[ordered[-1]] != ordered[-1] else {}
