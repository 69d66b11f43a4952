"""What somebody else did between a form's being read and its being sent: who, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from remint.issuer.console.visit import Visit
from remint.store.records import App
from remint.store.trail import Query

_TOLD: Final = 3
_LATELY_MS: Final = 86_400_000


class Change(msgspec.Struct, frozen=True):
    """Something that was done lately, by whom."""

    actor: str
    said: str
    at_ms: int


class Difference(msgspec.Struct, frozen=True):
    """A field whose value is another now than the one that was typed."""

    label: str
    now: str


class Meanwhile(msgspec.Struct, frozen=True):
    """For ``pages/meanwhile.html``, above the form with what was typed."""

    events: list[Change]
    differences: list[Difference]


def meanwhile(
    visit: Visit, fields: Iterable[tuple[str, str, str]], app: App | None = None
) -> Meanwhile:
    """What to say above a form that came too late.

    ``fields`` are triples of a label, what was typed, and what is there now. The events are those of
    ``app``, or of the workspace.
    """
    query = Query(
        workspace_id=visit.here.id,
        app_id=None if app is None else app.id,
        since_ms=visit.now_ms - _LATELY_MS,
    )
    events = [
        Change(event.actor, event.event.replace("_", " "), event.at_ms)
        for _, event in visit.installation.trail.search(query, limit=_TOLD)
    ]
    return Meanwhile(
        events, [Difference(label, now) for label, typed, now in fields if typed != now]
    )
