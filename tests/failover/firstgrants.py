"""Grants that are made while a primary dies, and what has become of them afterwards."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Self

from remint.errors import StoreUnavailable
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.promises.estate import Client
from tests.promises.line import Answer, Line

_PAUSE_SECONDS: Final = 0.02
_LATE_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Fate:
    """Of first grants: how many are from before the last second, from within it, and gone since."""

    early: int
    late: int
    gone: int

    def __str__(self) -> str:
        return f"{self.gone} of {self.late}"


class FirstGrants:
    """Makes one grant after the other within the block, until it ends or the database is away."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._made: list[tuple[float, str]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._make)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def begin(self) -> None:
        """Returns once a grant is older than a second."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._made or time.monotonic() < self._made[0][0] + _LATE_SECONDS:
            assert time.monotonic() < deadline, "no grant is made"
            time.sleep(_PAUSE_SECONDS)

    def fate(self, port: int, killed: float) -> Fate:
        """Presents the token of each, once. ``killed`` is when the primary died, by ``time.monotonic()``.

        Raises ``AssertionError`` where one is neither renewed nor refused as dead, and where one is gone
        that was made earlier than a second before the kill.
        """
        self._end()
        late = [token for made, token in self._made if made >= killed - _LATE_SECONDS]
        early = [token for made, token in self._made if made < killed - _LATE_SECONDS]
        with closing(Line(port)) as line:
            assert all(self._lives(line, token) for token in early), "an early grant is gone"
            gone = sum(not self._lives(line, token) for token in late)
        return Fate(len(early), len(late), gone)

    def _lives(self, line: Line, token: str) -> bool:
        answer = self._answer(line, token)
        assert answer.status == 200 or answer.error == "invalid_grant", answer
        return answer.status == 200

    def _answer(self, line: Line, token: str) -> Answer:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (answer := line.ask(self._client.request(token))).status == 503:
            assert time.monotonic() < deadline, "the server does not come back"
            time.sleep(_PAUSE_SECONDS)
        return answer

    def _end(self) -> None:
        self._over.set()
        self._thread.join()

    def _make(self) -> None:
        with closing(Installation(self._settings, environ={})) as installation:
            while not self._over.wait(_PAUSE_SECONDS):
                try:
                    made = issue(installation, self._client.app, f"late-{len(self._made)}")
                except StoreUnavailable:
                    # Whoever asked for this one was told that it failed.
                    return
                self._made.append((time.monotonic(), made.refresh_token.reveal()))
