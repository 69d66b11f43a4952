"""Lives of many grants over the real store: lost answers, races, faults, restarts, restores, new keys."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from remint.grant import Revocation
from tests.store.faulty import STEPS, Fault
from tests.store.lives import Life
from tests.store.server import Server, clone
from tests.store.stores import SetClock, SQLiteStore, event

lives = st.runner().flatmap(lambda machine: st.sampled_from(machine.lives))
processes = st.integers(0, 1)


class Renewals(RuleBasedStateMachine):
    """Every rule is something that happens; every check is a promise."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="remint-machine-"))
        self.server = self.begin()
        self.clock = self.server.clock
        self.calm_since_ms = self.clock.now_ms()
        self.copies: list[tuple[Path, set[bytes]]] = []
        self.names = itertools.count(1)
        self.lives: list[Life] = []

    def begin(self) -> Server:
        """A server with an app, and no grants."""
        return Server(clone(self.template, self.folder / "data"), SetClock())

    def copy_to(self, target: Path) -> None:
        """Copies the database as a backup would."""
        SQLiteStore.copy(self.server.installation, target)  # type: ignore[arg-type]

    def replace_by(self, copy: Path) -> None:
        """Puts that copy in the database's place."""
        fresh = self.folder / "restored.db"
        shutil.copyfile(copy, fresh)
        database = self.server.installation.files.database
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        fresh.replace(database)
        self.clock.step(1_001)

    def teardown(self) -> None:
        # One row a grant, whatever happened to it. A copy may hold grants of before the restore.
        assert self.server.installation.ledger.count() >= len(self.lives)
        self.server.close()
        shutil.rmtree(self.folder)

    @initialize()
    def first_grant(self) -> None:
        self.issue()

    @rule()
    def issue(self) -> None:
        subject = f"subject {next(self.names)}"
        grant, token = self.server.issue(subject)
        self.lives.append(Life(grant.id, subject, token, self.clock.now_ms()))

    @rule(life=lives, process=processes, is_lost=st.booleans())
    def renew(self, life: Life, process: int, is_lost: bool) -> None:
        answer = self.server.present(life.newest, process)
        life.shown_newest(answer, self.clock.now_ms(), self.calm_since_ms)
        if answer.token and not is_lost:
            life.receive(answer.token)

    @rule(life=lives, count=st.integers(2, 4), is_lost=st.booleans())
    def race(self, life: Life, count: int, is_lost: bool) -> None:
        token, is_open = life.newest, not life.murky and not life.revoked
        answers = self.server.race([token] * count, [at % 2 for at in range(count)])
        for answer in answers:
            life.shown_newest(answer, self.clock.now_ms(), self.calm_since_ms)
        told = {answer.token for answer in answers if answer.token}
        assert len(told) <= 1 or not is_open, "I4: a fork"
        if told and not is_lost:
            life.receive(told.pop())

    @rule(life=lives, process=processes, back=st.integers(2, 4))
    def show_an_older_token(self, life: Life, process: int, back: int) -> None:
        self.clock.step(2)
        if len(life.received) > back:
            token = life.received[-1 - back]
            answer = self.server.present(token, process)
            life.shown_older(token, answer, self.clock.now_ms())

    @rule(
        life=lives,
        step=st.sampled_from(STEPS),
        after=st.booleans(),
        message=st.sampled_from(["disk I/O error", "database or disk is full"]),
    )
    def renew_over_a_fault(self, life: Life, step: str, after: bool, message: str) -> None:
        fault = Fault(step, after=after, error=sqlite3.OperationalError(message))
        # Opening runs some of these statements too, but the fault is for the renewal.
        fault.happened = True
        with mock.patch.object(sqlite3, "connect", fault.connect):
            self.server.restart()
            self.calm_since_ms = self.clock.now_ms()
            self.server.look_up(life.newest)
            fault.happened = False
            answer = self.server.present(life.newest)
            life.shown_newest(answer, self.clock.now_ms(), self.calm_since_ms)
            if answer.outcome is None:
                is_there = step == "COMMIT" and after
                life.left_in_doubt(answer, self.clock.now_ms(), is_there=is_there)
        self.server.restart()

    @rule(
        milliseconds=st.sampled_from([1, 1_500, 30_000, 59_999, 61_000, 3_600_000, 10 * 86_400_000])
    )
    def let_time_pass(self, milliseconds: int) -> None:
        self.clock.step(milliseconds)

    @rule(milliseconds=st.sampled_from([-3_600_000, -1_500, 1_500, 3_600_000]))
    def set_the_clock(self, milliseconds: int) -> None:
        self.clock.jump(milliseconds)
        # A server looks at its clocks several times a second: it would see each of two that cancel out.
        for backend in self.server.backends:
            backend.exchange([], [], [])
        self.calm_since_ms = self.clock.now_ms()

    @rule()
    def restart(self) -> None:
        self.server.restart()
        self.calm_since_ms = self.clock.now_ms()

    @rule(life=lives)
    def rotate_keys_between_a_renewal_and_its_retry(self, life: Life) -> None:
        self.renew(life, 0, True)
        self.server.rotate_keys()
        self.renew(life, 1, False)

    @rule()
    def copy(self) -> None:
        target = self.folder / f"copy-{len(self.copies)}.db"
        self.copy_to(target)
        self.copies.append((target, {life.grant_id for life in self.lives}))

    @rule(data=st.data(), is_running=st.booleans())
    def put_back(self, data: st.DataObject, is_running: bool) -> None:
        if not self.copies:
            return
        path, known = data.draw(st.sampled_from(self.copies))
        if not is_running:
            self.server.close()
        self.replace_by(path)
        if not is_running:
            self.server.open()
        self.calm_since_ms = self.clock.now_ms()
        self.lives = [life for life in self.lives if life.grant_id in known]
        for life in self.lives:
            life.put_back()

    @rule(life=lives, how=st.sampled_from(["grant", "subject"]))
    def revoke(self, life: Life, how: str) -> None:
        installation = self.server.installation
        told = event("revoked")
        if how == "grant":
            installation.ledger.revoke(life.grant_id, Revocation.ASKED, told)
        else:
            workspace = installation.workspaces.named("main")
            installation.ledger.revoke_subject(workspace.id, life.subject, told)
        life.revoked = True


@pytest.fixture(scope="module", autouse=True)
def template(tmp_path_factory) -> None:
    """A data directory with an app, made once and copied for each example."""
    directory = tmp_path_factory.mktemp("template") / "data"
    server = Server(directory, SetClock())
    server.app()
    server.close()
    Renewals.template = directory


TestRenewals = Renewals.TestCase
TestRenewals.settings = settings(
    max_examples=max(60, settings().max_examples // 10), stateful_step_count=30, deadline=None
)
