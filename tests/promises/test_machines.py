"""Two machines with two processes each beside one PostgreSQL: one line of tokens, one budget, one verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from remint.grant import Revocation
from remint.store.protocols import AuditEvent
from remint.token.rotation import Changes
from tests.promises.estate import Client
from tests.promises.line import Answer, Line
from tests.promises.postgresestate import PostgresEstate

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)

AT_ONCE = 64
GENERATIONS = 6
BUDGET = 5


@pytest.fixture
def machines(make_estate: Callable[..., PostgresEstate]) -> tuple[PostgresEstate, Client]:
    """An estate that is served by two machines, and a client that may renew five times an hour."""
    estate = make_estate()
    return estate, estate.client()


@pytest.fixture
def ports(machines: tuple[PostgresEstate, Client]) -> Iterator[list[int]]:
    """Where the two machines are."""
    estate, _ = machines
    other = estate.machine()
    for server in (estate.server, other):
        server.start(processes=2)
    yield [estate.server.port, other.port]
    other.stop()
    estate.server.stop()


def test_I4_all_processes_give_one_successor(
    machines: tuple[PostgresEstate, Client], ports: list[int]
):
    """64 presentations of one token at four processes: one successor, generation after generation."""
    estate, client = machines
    (token,) = estate.grants(client)
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(Line(ports[number % 2]))) for number in range(AT_ONCE)]
        for generation in range(1, GENERATIONS + 1):
            request = client.request(token)
            for line in lines:
                line.send(request[:-1])
            for line in lines:
                line.send(request[-1:])
            successors = {line.receive().token for line in lines}
            assert len(successors) == 1
            assert estate.query("SELECT generation, revoked_at FROM grants") == [(generation, 0)]
            (token,) = successors
    assert not estate.audit("reuse_detected")


def test_I2_revocation_on_one_machine_holds_on_all(
    machines: tuple[PostgresEstate, Client], ports: list[int]
):
    """Of one grant at once, of a whole app at once too: its epoch is read with the row."""
    estate, client = machines
    one, other = estate.grants(client, 2)
    for port in ports:
        one, other = (renewed(port, client, token) for token in (one, other))
    with estate.opened() as installation:
        (held,) = installation.listing.of_subject("user-0", app_id=client.app.id, limit=9)
        told = AuditEvent(installation.database.now_ms(), "grant_revoked")
        assert installation.ledger.revoke(held.grant.id, Revocation.ASKED, told)
        assert {refused(port, client, one) for port in ports} == {"invalid_grant"}
        other = renewed(ports[1], client, other)
        installation.catalogue.revoke_app(client.app)
    assert {refused(port, client, other) for port in ports} == {"invalid_grant"}


def test_a_client_that_is_disabled_is_so_everywhere_within_a_second(
    machines: tuple[PostgresEstate, Client], ports: list[int]
):
    """Every process caches its clients, and none for longer."""
    estate, client = machines
    (token,) = estate.grants(client)
    for port in ports * 4:
        token = renewed(port, client, token)
    with estate.opened() as installation:
        installation.catalogue.set_disabled(client.app, disabled=True)
    time.sleep(1)
    errors = {refused(port, client, token) for port in ports * 8}
    assert errors == {"invalid_client"}


def test_the_budget_is_exact(make_estate: Callable[..., PostgresEstate]):
    """However many ask at once at however many processes, so many renewals and no more."""
    estate = make_estate()
    client = estate.client(budget={"renewals": BUDGET, "per_seconds": 3600})
    (first,) = estate.grants(client)
    other = estate.machine()
    for server in (estate.server, other):
        server.start(processes=2)
    ports = [estate.server.port, other.port]
    tokens = [first]
    while len(tokens) <= BUDGET:
        answers = at_once(ports, client, tokens[-1], 8)
        assert {answer.status for answer in answers} == {200}
        (successor,) = {answer.token for answer in answers}
        tokens.append(successor)
    answers = at_once(ports, client, tokens[-1], 16)
    assert {answer.status for answer in answers} == {429}
    assert estate.query("SELECT generation FROM grants") == [(BUDGET,)]


def test_I1_a_key_that_one_machine_makes_works_on_all(
    machines: tuple[PostgresEstate, Client], ports: list[int]
):
    """No process mints with it before every other knows it, on whatever machine."""
    estate, client = machines
    (token,) = estate.grants(client)
    with estate.opened() as installation:
        installation.keys.rotate(Changes(mac=True))
        newest = installation.keys.ring.mac_keys[-1].id
    time.sleep(1)
    estate.clock.elapse(11)
    for port in ports * 8:
        token = renewed(port, client, token)
    assert estate.query("SELECT key_id FROM grants") == [(newest,)]
    assert not estate.audit("reuse_detected")


def at_once(ports: list[int], client: Client, token: str, count: int) -> list[Answer]:
    """So many presentations of one token at the same moment, at all machines in turn."""
    with ThreadPoolExecutor(count) as pool:
        asking = [pool.submit(asked, ports[n % 2], client, token) for n in range(count)]
        return [each.result() for each in asking]


def asked(port: int, client: Client, token: str) -> Answer:
    """The answer to one renewal."""
    with closing(Line(port)) as line:
        return line.ask(client.request(token))


def renewed(port: int, client: Client, token: str) -> str:
    """The successor."""
    return str(asked(port, client, token).token)


def refused(port: int, client: Client, token: str) -> str:
    """The code of the refusal."""
    return str(json.loads(asked(port, client, token).body).get("error"))
