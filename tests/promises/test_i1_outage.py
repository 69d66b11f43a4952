"""I1 against time: outages, jumping clocks and frozen processes between a commit and its retry."""

from __future__ import annotations

import signal
import time
from contextlib import closing

import pytest

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate
from tests.promises.line import Line

FIVE_MINUTES = 300


def lose_answer(estate: Estate, client: Client, token: str) -> None:
    """Renews with ``token`` and hangs up once the renewal is in the database, without its answer."""
    before = estate.query("SELECT sum(generation) FROM grants")
    line = Line(estate.server.port)
    line.send(client.request(token))
    while estate.query("SELECT sum(generation) FROM grants") == before:
        time.sleep(0.002)
    line.close()


@pytest.fixture
def client(estate: Estate) -> Client:
    """A client under the default policy: a retry window of a minute."""
    return estate.client()


@pytest.fixture
def token(estate: Estate, client: Client) -> str:
    """The newest token of a grant that has been renewed before. The server runs."""
    (first,) = estate.grants(client)
    estate.server.start()
    return estate.chain(client, first, 2)


@ON_BOTH
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_I1_outage_between_a_commit_and_its_lost_answer(
    estate: Estate, client: Client, token: str, end: str
):
    """The server is down for five minutes, five times the retry window, and the retry is answered."""
    lose_answer(estate, client, token)
    getattr(estate.server, end)()
    estate.clock.elapse(FIVE_MINUTES)
    estate.server.start()
    successor = estate.renew(client, token).token
    assert estate.renew(client, token).token == successor
    estate.chain(client, successor, 2)
    assert not estate.audit("reuse_detected")


@ON_BOTH
def test_I1_window_does_close_while_the_server_runs(estate: Estate):
    """After an outage the window is as long as ever, and no longer: the limit of the promise."""
    client = estate.client("hasty", retry_window_seconds=1)
    (first,) = estate.grants(client)
    estate.server.start()
    token = estate.chain(client, first, 2)
    lose_answer(estate, client, token)
    estate.server.kill()
    estate.clock.elapse(FIVE_MINUTES)
    estate.server.start()
    successor = estate.renew(client, token).token
    answer = None
    for _ in range(5):
        # A machine so busy that the server stood still has given its clients more time.
        time.sleep(1.2)
        answer = estate.renew(client, token)
        if answer.status != 200:
            break
        assert answer.token == successor
    assert answer is not None
    assert answer.error == "invalid_grant"
    assert estate.audit("reuse_detected") == [{"presented": 2, "newest": 3}]


@ON_BOTH
@pytest.mark.parametrize("seconds", [FIVE_MINUTES, -FIVE_MINUTES, 86_400, -86_400])
def test_I1_clock_that_jumps_closes_no_window(
    estate: Estate, client: Client, token: str, seconds: int
):
    """The machine slept or its clock was set, back or forth, between a commit and its retry."""
    lose_answer(estate, client, token)
    estate.clock.jump(seconds)
    successor = estate.renew(client, token).token
    assert estate.renew(client, token).token == successor
    estate.chain(client, successor, 2)
    assert not estate.audit("reuse_detected")


@ON_BOTH
def test_I1_process_that_was_frozen_closes_no_window(estate: Estate):
    """The server was stopped and continued (SIGSTOP, a paused container) for longer than the retry window."""
    client = estate.client("hasty", retry_window_seconds=1)
    (first,) = estate.grants(client)
    estate.server.start()
    token = estate.chain(client, first, 2)
    lose_answer(estate, client, token)
    estate.server.signal(signal.SIGSTOP)
    time.sleep(2.7)
    with closing(Line(estate.server.port)) as line:
        line.send(client.request(token))
        estate.server.signal(signal.SIGCONT)
        successor = line.receive().token
    estate.chain(client, successor, 2)


@ON_BOTH
def test_I1_crash_in_the_middle_of_an_outage(estate: Estate, client: Client, token: str):
    """Servers that come up and die again, minutes apart, move no client nearer to its end."""
    lose_answer(estate, client, token)
    for _ in range(5):
        estate.server.kill()
        estate.clock.elapse(FIVE_MINUTES)
        estate.server.start()
    successor = estate.renew(client, token).token
    estate.server.kill()
    estate.clock.elapse(FIVE_MINUTES)
    estate.server.start()
    assert estate.renew(client, token).token == successor
