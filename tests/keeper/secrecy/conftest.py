"""A keeper that is watched: every logger, every event, every error."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from remint import AsyncKeeper, Event, Keeper, Timing
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.provider import Provider, provider, reply
from tests.keeper.secrecy import views
from tests.keeper.secrecy.canaries import Canaries

TIMING = Timing(
    patience_seconds=0.2,
    first_pause_seconds=0.05,
    longest_pause_seconds=0.1,
    answer_seconds=0.5,
    rejected_pause_seconds=0,
)
#: How a provider may spell what it repeats.
ECHOES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "cut": lambda text: text[:20],
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "form": urllib.parse.quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "basic": lambda text: base64.b64encode(
        f"me:{urllib.parse.quote(text, safe='')}".encode()
    ).decode(),
}


class Watch:
    """What was to be seen, all the while. ``run`` does something with the keeper and looks at what comes."""

    def __init__(self, kind: str, canaries: Canaries, place: Any) -> None:
        self.canaries = canaries
        self.events: list[Event] = []
        self.logged = io.StringIO()
        self.leaks: list[str] = []
        make = {"sync": Keeper, "async": AsyncKeeper}[kind]
        self.keeper: Any = make(place, timing=TIMING, on_event=self.events.append, verify=NO_ROOTS)
        self._runner = asyncio.Runner() if kind == "async" else None

    def run(self, method: str, *arguments: Any, **options: Any) -> Any:
        """The result of the keeper's method, or what it raised; both are looked at from every side."""
        try:
            result = getattr(self.keeper, method)(*arguments, **options)
            if self._runner is not None:
                result = self._runner.run(_awaited(result))
        except BaseException as error:
            self.look(f"{method} raised", views.of_exception(error))
            return error
        self.look(f"{method} gave", views.of_object(result))
        return result

    def look(self, what: str, shown: Iterator[tuple[str, str]]) -> None:
        """Notes each secret that is to be seen."""
        for how, text in shown:
            if found := self.canaries.found(text):
                self.leaks.append(f"{what}: {how}: {', '.join(sorted(set(found)))}")

    def close(self) -> None:
        """Looks at the rest, and asks that nothing was to be seen."""
        self.look("an event", views.of_object(self.events))
        self.look("the log", iter([("text", self.logged.getvalue())]))
        for name, part in [
            ("keeper", self.keeper),
            *vars(self.keeper).items(),
            *vars(self.keeper.around).items(),
        ]:
            self.look(name, views.of_object(part))
        self.run("close")
        if self._runner is not None:
            self._runner.close()
        assert not self.leaks, "\n".join(self.leaks)


async def _awaited(coroutine: Any) -> Any:
    return await coroutine


@pytest.fixture
def canaries(request: pytest.FixtureRequest) -> Canaries:
    return Canaries(request.node.name)


@pytest.fixture(params=["sync", "async"])
def watch(
    request: pytest.FixtureRequest,
    canaries: Canaries,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Watch]:
    """A keeper in SQLite, and all loggers at their most talkative."""
    made = Watch(request.param, canaries, tmp_path / "store")
    root, handler = logging.getLogger(), logging.StreamHandler(made.logged)
    loggers = [
        logging.getLogger(name)
        for name in ("remint", "httpx2", "httpcore2", "asyncio", "concurrent")
    ]
    for logger in (root, *loggers):
        monkeypatch.setattr(logger, "level", logger.level)
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield made
        made.close()
    finally:
        root.removeHandler(handler)
        for logger in (root, *loggers):
            logger.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.fixture
def supplier() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def secrets(canaries: Canaries) -> dict[str, str]:
    """What a connection is made with."""
    return {
        "client_id": "me",
        "client_secret": canaries.sing("client secret"),
        "refresh_token": canaries.token("refresh"),
    }


@pytest.fixture
def success(canaries: Canaries) -> Callable[..., Any]:
    """``success(2)``: a step of the provider that gives the second pair of tokens, long ones."""

    def step(number: int = 1) -> Any:
        body = {
            "access_token": canaries.token(f"access {number}", letters=300),
            "refresh_token": canaries.token(f"refresh {number}"),
            "id_token": canaries.token(f"ID {number}", letters=200),
            "token_type": "Bearer",
            "expires_in": 3600,
        }
        return reply(200, json.dumps(body).encode(), Content_Type="application/json")

    return step
