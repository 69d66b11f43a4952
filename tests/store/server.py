"""A server without a network: the installation, the real backend and the real rules, driven in step."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import msgspec

from remint.grant import Grant, Outcome, Policy, Presentation, judge
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.protocols import Change, GrantBackend, Held
from remint.store.records import App, NewApp
from remint.token.rotation import Changes
from tests.store.stores import SetClock

WINDOW_MS = 60_000
IDLE_MS = 30 * 86_400_000


class Answer(msgspec.Struct, frozen=True):
    """What a client gets: an outcome, and with a renewal the successor.

    ``None`` says that the store could not keep what was ``meant``.
    """

    outcome: Outcome | str | None
    token: str = ""
    serving_since_ms: int = 0
    meant: Outcome | None = None


class Server:
    """Two processes on one data directory: each has a backend, and they share the rest.

    ``database`` is the address of one on a server.
    """

    def __init__(self, directory: Path, clock: SetClock, database: str = "") -> None:
        self.clock = clock
        self.directory = directory
        self.database = database
        self.open()

    def open(self) -> None:
        """Starts both processes."""
        settings = Settings(data_dir=self.directory, database=self.database)
        self.installation = Installation(settings, clock=self.clock, environ={})
        place = self.installation.place
        self.backends = [place.backend(self.clock), place.backend(self.clock)]

    def close(self) -> None:
        """Stops both processes."""
        for backend in self.backends:
            backend.close()
        self.installation.close()

    def restart(self) -> None:
        """Stops and starts again."""
        self.close()
        self.open()

    def app(self) -> App:
        """The only app there is, made at the first call."""
        catalogue = self.installation.catalogue
        known = catalogue.apps()
        if known:
            return known[0]
        workspace = self.installation.workspaces.ensure("main")
        new = NewApp(workspace.id, "app", "App", "oauth2", "secret", Policy())
        return catalogue.create_app(new, b"s" * 32)

    def issue(self, subject: str) -> tuple[Grant, str]:
        """A new grant and its first token."""
        issued = issue(self.installation, self.app(), subject)
        return issued.held.grant, issued.refresh_token.reveal()

    def rotate_keys(self) -> None:
        """Makes a new key, as a command beside the server does, and waits until it mints."""
        settings = self.installation.settings
        with contextlib.closing(Installation(settings, clock=self.clock, environ={})) as command:
            command.keys.rotate(Changes(mac=True))
        assert self.installation.keys.refresh()
        self.clock.step(self.installation.schedule.mac_delay * 1000 + 1)

    def present(self, token: str, process: int = 0) -> Answer:
        """One request, from parsing to the answer."""
        return self.race([token], [process])[0]

    def race(self, tokens: list[str], processes: list[int]) -> list[Answer]:
        """Requests that are all read before any of them is written: who loses is judged anew."""
        arrived_at_ms = self.clock.now_ms()
        reads = [self.look_up(token, at) for token, at in zip(tokens, processes, strict=True)]
        answers = []
        for token, at, held in zip(tokens, processes, reads, strict=True):
            answers.append(self._answer(token, self.backends[at], held, arrived_at_ms))
        return answers

    def look_up(self, token: str, process: int = 0) -> Held | None:
        """The grant of that token, as one process reads it."""
        parsed = self.installation.keys.codec.parse(token)
        assert parsed is not None, "every token in these tests is one of ours"
        exchange = self.backends[process].exchange([], [], [parsed.grant_id])
        assert exchange.read_error is None, exchange.read_error
        return exchange.held.get(parsed.grant_id)

    def _answer(
        self, token: str, backend: GrantBackend, held: Held | None, arrived_at_ms: int
    ) -> Answer:
        keys, now_ms = self.installation.keys, self.clock.now_ms()
        parsed = keys.codec.parse(token)
        assert parsed is not None
        while held is not None:
            line = keys.codec.line(parsed.key_id, held.grant.salt)
            assert line is not None and line.holds(parsed), "and genuine"
            since_ms = backend.steadiness.since_ms
            verdict = judge(
                held.grant,
                held.terms.policy,
                Presentation(held.grant.app_id, parsed.generation, arrived_at_ms),
                now_ms=now_ms,
                serving_since_ms=since_ms,
                mint_key_id=keys.mint_key(now_ms).id,
            )
            if verdict.grant is not held.grant:
                change = Change(held.grant, verdict.grant)
                exchange = backend.exchange([change], [], [parsed.grant_id])
                if exchange.write_error is not None:
                    return Answer(None, meant=verdict.outcome)
                if exchange.conflict or exchange.lost:
                    if exchange.read_error is not None:
                        return Answer(None, meant=verdict.outcome)
                    held = exchange.held.get(parsed.grant_id)
                    continue
            if not verdict.outcome.renews:
                return Answer(verdict.outcome, "", since_ms)
            return Answer(verdict.outcome, self._token(verdict.grant), since_ms)
        return Answer("orphaned")

    def _token(self, grant: Grant) -> str:
        line = self.installation.keys.codec.line(grant.key_id, grant.salt)
        assert line is not None
        return line.token(grant.id, grant.generation, grant.expires_at)


def clone(template: Path, target: Path) -> Path:
    """A fresh data directory with what the template holds."""
    shutil.copytree(template, target)
    return target
