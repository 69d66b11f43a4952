"""I1 and I2 where requests cross each other: no race ends in a wrong answer, and none in a fault."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial

import pytest

from remint.grant import Revocation
from remint.issuer.installation import Installation
from remint.store.protocols import AuditEvent
from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate
from tests.promises.honest import in_parallel, seeded
from tests.promises.line import Line

AT_ONCE = 64
CHAINS = 8


def by_command(installation: Installation, client: Client, number: int) -> None:
    """Revokes one grant."""
    (held,) = installation.listing.of_subject(f"user-{number}", app_id=client.app.id, limit=9)
    event = AuditEvent(installation.database.now_ms(), "grant_revoked")
    assert installation.ledger.revoke(held.grant.id, Revocation.ASKED, event)


def by_subject(installation: Installation, client: Client, number: int) -> None:
    """Revokes all that one subject granted."""
    event = AuditEvent(installation.database.now_ms(), "subject_revoked")
    installation.ledger.revoke_subject(client.app.workspace_id, f"user-{number}", event)


def by_app(installation: Installation, client: Client, number: int) -> None:
    """Revokes all that an app was granted: the first call does, the others do it again."""
    assert number >= 0
    installation.catalogue.revoke_app(client.app)


@ON_BOTH
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("revoke", [by_command, by_subject, by_app])
def test_I2_revocation_races_renewals(
    estate: Estate, processes: int, revoke: Callable[[Installation, Client, int], None]
):
    """Once the command has returned nothing renews, not even a retry of what was answered before."""
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start(processes=processes)
    revoked = [threading.Event() for _ in tokens]
    renewals: Counter[int] = Counter()

    def renew(number: int) -> None:
        token, before = tokens[number], ""
        with closing(Line(estate.server.port)) as line:
            while True:
                was_revoked = revoked[number].is_set()
                answer = line.ask(client.request(token))
                if answer.status != 200:
                    break
                assert not was_revoked
                renewals[number] += 1
                before, token = token, answer.token
            assert answer.error == "invalid_grant"
            assert revoked[number].wait(10)
            for dead in (before or token, token):
                assert line.ask(client.request(dead)).error == "invalid_grant"

    def command() -> None:
        with estate.opened() as installation:
            while sum(renewals.values()) < 10 * CHAINS:
                threading.Event().wait(0.01)
            for number, done in enumerate(revoked):
                revoke(installation, client, number)
                done.set()

    in_parallel([command, *[partial(renew, number) for number in range(CHAINS)]])
    assert not estate.audit("reuse_detected")


@pytest.mark.parametrize("processes", [1, 2])
def test_I1_newest_and_last_but_one_cross(estate: Estate, processes: int):
    """A crowd presents the newest token and the one before while the disk is slow: 200 or 503, one line."""
    rng = random.Random(seeded())
    client = estate.client()
    (old,) = estate.grants(client)
    estate.server.start(processes=processes)
    new = estate.chain(client, old, 1)
    # Within one millisecond everybody was there before the row moved on.
    if processes > 1:
        # What another process is about to commit cannot be known here.
        estate.clock.stop()
    seen: Counter[int] = Counter()
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(Line(estate.server.port))) for _ in range(AT_ONCE)]
        for _ in range(8):
            presented = [rng.choice((old, new)) for _ in lines]
            presented[rng.randrange(AT_ONCE)] = new
            # All of them have come in before the first can be answered.
            with closing(sqlite3.connect(estate.database)) as slow:
                slow.execute("BEGIN IMMEDIATE")
                for line, token in zip(lines, presented, strict=True):
                    line.send(client.request(token))
                time.sleep(0.2)
            answers = [line.receive() for line in lines]
            seen.update(answer.status for answer in answers)
            told = zip(presented, answers, strict=True)
            successors = {(token, answer.token) for token, answer in told if answer.status == 200}
            (newest,) = {successor for token, successor in successors if token == new}
            assert {successor for token, successor in successors if token == old} <= {new}
            old, new = new, newest
    assert set(seen) <= {200, 503}, seen
    assert not estate.audit("reuse_detected")
