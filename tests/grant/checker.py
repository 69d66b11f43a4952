"""Explores every state within a scope, breadth first: the first broken promise has a shortest trace."""

from __future__ import annotations

from typing import NamedTuple

from tests.grant.steps import Scope, steps
from tests.grant.world import Worker, World, settled


class Report(NamedTuple):
    """What an exploration came to. ``depth`` is how many steps deep it went.

    ``complete`` says that nothing new was left to be seen, at any depth. ``broken`` is empty, or the promise
    that the last step of ``trace`` breaks.
    """

    states: int
    transitions: int
    depth: int
    complete: bool
    broken: str = ""
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.broken:
            told = "\n".join(f"  {number}. {label}" for number, label in enumerate(self.trace, 1))
            return f"{self.broken}, after {len(self.trace)} steps:\n{told}"
        extent = "at any depth" if self.complete else f"to depth {self.depth}"
        return f"{self.states} states, {self.transitions} steps, {extent}: every promise holds"


def explore(scope: Scope, depth: int = 1_000) -> Report:
    """Takes every step from every state that is reached within ``depth`` steps of the first."""
    start = settled(World(workers=(Worker(),) * scope.workers))
    came_from: dict[World, tuple[World, str] | None] = {start: None}
    frontier, transitions = [start], 0
    for level in range(depth):
        found: list[World] = []
        for world in frontier:
            for step in steps(world, scope):
                transitions += 1
                if step.broken:
                    trace = (*_trace(came_from, world), step.label)
                    return Report(len(came_from), transitions, level + 1, False, step.broken, trace)
                reached = settled(step.world)
                if reached not in came_from:
                    came_from[reached] = (world, step.label)
                    found.append(reached)
        if not found:
            return Report(len(came_from), transitions, level, True)
        frontier = found
    return Report(len(came_from), transitions, depth, False)


def _trace(came_from: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    labels: list[str] = []
    step = came_from[world]
    while step is not None:
        world, label = step
        labels.append(label)
        step = came_from[world]
    return tuple(reversed(labels))
