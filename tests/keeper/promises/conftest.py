"""A store in a directory, a provider, and processes between the two."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from remint.keeper.connection import Held
from remint.keeper.events import Event
from remint.keeper.keeper import Keeper
from remint.keeper.store.sqlite import SQLiteStore
from remint.keeper.timing import Timing
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.promises.works import Worker, Works
from tests.keeper.provider import Provider, provider, refresh_token

QUICK = {"first_pause_seconds": 0.02, "longest_pause_seconds": 0.05, "connect_seconds": 5}


@dataclass
class Scene:
    """A provider and a store; ``keeper()`` opens that in this process, ``start`` works on it in another."""

    works: Works
    store: Path
    provider: Provider
    timing: dict[str, Any] = field(default_factory=lambda: dict(QUICK))
    _opened: list[Keeper] = field(default_factory=list)

    def keeper(self, **options: Any) -> Keeper:
        """A keeper on the store; closed with the test."""
        timing = msgspec.convert(self.timing, Timing)
        keeper = Keeper(self.store, **{"timing": timing, "verify": NO_ROOTS, **options})
        self._opened.append(keeper)
        return keeper

    def connect(self, *names: str, dialect: str = "oauth2", **given: Any) -> None:
        """Connections whose access token has just run out."""
        keeper = self.keeper()
        for name in names:
            keeper.connect(
                name,
                dialect,
                **{
                    "base_url": self.provider.base_url,
                    "client_id": "app",
                    "client_secret": "hush",
                    "refresh_token": refresh_token(name),
                    "access_token": f"at-{name}-old",
                    "expires_at_ms": time.time_ns() // 1_000_000 - 1,
                    **_declared(self.provider),
                    **given,
                },
            )

    def start(self, job: str, **given: Any) -> Worker:
        """See ``Works.start``."""
        return self.works.start(job, store=self.store, **{"timing": self.timing, **given})

    def run(self, job: str, **given: Any) -> Any:
        """See ``Works.run``."""
        return self.start(job, **given).result()

    def held(self, name: str) -> Held:
        """The connection as the store has it."""
        store = SQLiteStore(self.store)
        with contextlib.closing(store):
            held = store.load(name)
        assert held is not None
        return held

    def close(self) -> None:
        """Closes what was opened here."""
        for keeper in self._opened:
            keeper.close()


def _declared(made: Provider) -> dict[str, Any]:
    """What a connection says of the provider's rotation."""
    if made.rotation == "grace":
        return {"rotation": "grace", "grace_seconds": 60}
    return {"rotation": "keep" if made.rotation == "keep" else "strict"}


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """What worker processes are forked from."""
    made = Works(tmp_path_factory.mktemp("works"))
    yield made
    made.close()


@pytest.fixture
def works(workshop: Works) -> Iterator[Works]:
    """The workshop, without anybody in it at the end."""
    yield workshop
    workshop.end_all()


@pytest.fixture
def make_scene(works: Works, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """``make_scene(**provider options)``."""
    with contextlib.ExitStack() as stack:
        number = 0

        def make(**options: Any) -> Scene:
            nonlocal number
            number += 1
            running = stack.enter_context(provider(**options))
            scene = Scene(works, tmp_path / f"store-{number}", running)
            stack.callback(scene.close)
            return scene

        yield make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A strict provider, and an empty store."""
    return make_scene()


@pytest.fixture
def heard() -> list[Event]:
    """For events."""
    return []
