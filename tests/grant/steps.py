"""Every step that the world can take from a state, by whom, and what the rules say to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from remint.grant import Grant, Outcome, Policy, Presentation, Verdict, judge
from tests.grant import oracle
from tests.grant.world import IDLE, STREAK, WINDOW, Stage, Worker, World, next_moment, older

UNIT_MS: Final = 1_000_000
BASE_MS: Final = 1_800_000_000_000
CLIENT: Final = 1
THIEF: Final = 2
POLICY: Final = Policy(
    retry_window_seconds=WINDOW * UNIT_MS // 1000, idle_lifetime_seconds=IDLE * UNIT_MS // 1000
)
# Ranks of moments are far below this, and it is far below a unit.
_NOW: Final = 1_000

Judge = Callable[..., Verdict]


class Scope(NamedTuple):
    """What may happen, and by which rules. A smaller scope is explored more deeply."""

    workers: int = 2
    thief: bool = True
    crashes: bool = True
    restores: bool = True
    rotations: bool = False
    queues: bool = True
    judge: Judge = judge
    asserts_journal: bool = True


class Step(NamedTuple):
    """What happened, what came of it, and the promise that it broke, if any."""

    label: str
    world: World
    broken: str = ""


def steps(world: World, scope: Scope) -> Iterator[Step]:
    """All steps from ``world``; the states in them are not settled yet."""
    for index, worker in enumerate(world.workers):
        # Workers that are alike do alike.
        if worker not in world.workers[:index]:
            yield from _worker_steps(world, scope, index, worker)
    if scope.thief:
        yield from _thief_steps(world, scope)
    yield Step("time passes", older(world))
    if scope.crashes:
        yield (
            _crash(world)
            if world.up
            else Step("service starts", world._replace(up=True, serving=0))
        )
    if scope.restores:
        yield from _restores(world, scope)
    if scope.rotations and world.mint == 1:
        yield Step("keys are rotated", world._replace(mint=2))


def _worker_steps(world: World, scope: Scope, index: int, worker: Worker) -> Iterator[Step]:
    def then(label: str, after: Worker, changed: World = world) -> Step:
        workers = (*changed.workers[:index], after, *changed.workers[index + 1 :])
        return Step(f"worker {label}", changed._replace(workers=workers))

    token = worker.token
    if worker.stage is Stage.NONE:
        yield then("sends its newest token", Worker(Stage.SENT, world.store))
    elif worker.stage is Stage.SENT:
        yield then("gets no connection", Worker())
        if world.up:
            late = oracle.is_late(world, token)
            arrived = Worker(Stage.ARRIVED, token, next_moment(world), 0, late)
            if scope.queues:
                yield then("reaches the service", arrived)
            else:
                yield _presented(then("", arrived).world, scope, index)
    elif worker.stage is Stage.ARRIVED:
        yield then("is turned away unjudged", Worker())
        yield _presented(world, scope, index)
    else:
        yield then("loses the answer", Worker())
        saved = world._replace(store=max(world.store, token))
        yield then("receives and saves", Worker(), saved)


def _presented(world: World, scope: Scope, index: int) -> Step:
    request = world.workers[index]
    verdict = _verdict(world, scope, request)
    renews = verdict.outcome.renews
    answered = Worker(Stage.ANSWERED, verdict.grant.generation) if renews else Worker()
    workers = (*world.workers[:index], answered, *world.workers[index + 1 :])
    after = _written(world, scope, request, verdict, CLIENT)._replace(workers=workers)
    if request.late:
        after = after._replace(clean=False)
    broken = oracle.broken_by(world, request, verdict, after, is_thief=False)
    return Step(f"worker's token {request.token} is {verdict.outcome}", after, broken)


def _thief_steps(world: World, scope: Scope) -> Iterator[Step]:
    if world.loot < 0:
        yield Step("thief copies the store", world._replace(stolen=world.store, loot=world.store))
    elif world.up:
        for token in {world.stolen, world.loot}:
            request = Worker(Stage.ARRIVED, token, next_moment(world))
            verdict = _verdict(world, scope, request)
            after = _written(world, scope, request, verdict, THIEF)._replace(clean=False)
            if verdict.outcome.renews:
                after = after._replace(loot=max(world.loot, verdict.grant.generation))
            broken = oracle.broken_by(world, request, verdict, after, is_thief=True)
            yield Step(f"thief's token {token} is {verdict.outcome}", after, broken)


def _crash(world: World) -> Step:
    workers = tuple(
        Worker() if worker.stage is Stage.ARRIVED else worker for worker in world.workers
    )
    return Step("service crashes", world._replace(up=False, workers=workers))


def _restores(world: World, scope: Scope) -> Iterator[Step]:
    if world.row != world.copy:
        yield Step("database is copied", world._replace(copy=world.row))
    if world.copy is not None:
        revoked = world.copy.revoked or (world.journal and scope.asserts_journal)
        row = world.copy._replace(revoked=revoked)
        restored = world._replace(row=row, serving=0, answer_key=0, restored=True)
        yield Step("older copy is restored", restored)


def _verdict(world: World, scope: Scope, request: Worker) -> Verdict:
    row = world.row
    return scope.judge(
        Grant(
            id=b"",
            app_id=1,
            subject="",
            terms_id=1,
            salt=b"",
            generation=row.newest,
            key_id=row.key,
            created_at=0,
            expires_at=0,
            advanced_at_ms=_when(row.age, row.moment),
            retries=row.retries,
            revoked_at=int(row.revoked),
        ),
        POLICY,
        Presentation(1, request.token, _when(request.age, request.moment)),
        now_ms=_when(0, _NOW),
        serving_since_ms=_when(world.serving, 0),
        mint_key_id=world.mint,
    )


def _when(age: int, moment: int) -> int:
    return BASE_MS - age * UNIT_MS + moment


def _written(world: World, scope: Scope, request: Worker, verdict: Verdict, who: int) -> World:
    """The world with the row as the verdict has it, and the history that goes with it."""
    grant, old = verdict.grant, world.row
    row = old._replace(
        newest=grant.generation,
        key=grant.key_id,
        # Beyond the limit the number only grows.
        retries=min(grant.retries, 2 * STREAK + 2 | grant.retries & 1),
        revoked=bool(grant.revoked_at),
        raised=old.raised or verdict.streak_raised,
    )
    world = world._replace(journal=world.journal or row.revoked)
    if not scope.thief:
        # The streak decides nothing but the alarm: without a thief it only multiplies the states.
        row = row._replace(retries=grant.retries & 1, raised=False)
    if verdict.outcome in (Outcome.ADVANCED, Outcome.REWOUND):
        row = row._replace(
            age=0,
            moment=next_moment(world),
            given=who,
            shared=old.shared if old.given == CLIENT | THIEF else 0,
            run=old.run if old.retried else 0,
            raised=old.raised and old.retried,
            retried=False,
        )
        if request.token >= world.used:
            world = world._replace(used=request.token, used_age=0, answer_key=grant.key_id)
    elif verdict.outcome is Outcome.RETRIED:
        both = old.given | who
        shared = min(STREAK + 1, old.shared + (both == CLIENT | THIEF != old.given))
        run = min(STREAK + 1, old.run + (not old.retried)) if scope.thief else 0
        row = row._replace(given=both, shared=shared, run=run, retried=True)
    return world._replace(row=row)
