"""I2: an older token presented again revokes its grant, at once, for good, and leaves a trace."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate
from tests.promises.line import Line

STORM = 200


@pytest.fixture
def client(estate: Estate) -> Client:
    """A client of a server that is not running yet."""
    return estate.client()


def line_of_tokens(estate: Estate, client: Client, first: str, times: int) -> list[str]:
    """Every refresh token of a grant, from its first to its newest."""
    tokens = [first]
    for _ in range(times):
        tokens.append(estate.renew(client, tokens[-1]).token)
    return tokens


@ON_BOTH
@pytest.mark.parametrize("older", [0, 3, 4])
def test_I2_replay_revokes(estate: Estate, client: Client, older: int):
    """Any token before the last but one: refused, its grant revoked, one audit event; other grants live."""
    first, other = estate.grants(client, 2)
    estate.server.start()
    tokens = line_of_tokens(estate, client, first, 6)
    assert estate.renew(client, tokens[older]).error == "invalid_grant"
    assert estate.audit("reuse_detected") == [{"presented": older, "newest": 6}]
    for _ in range(2):
        for token in tokens:
            assert estate.renew(client, token).error == "invalid_grant"
        estate.server.kill()
        estate.server.start()
    estate.chain(client, other, 2)
    assert len(estate.audit("reuse_detected")) == 1


@ON_BOTH
@pytest.mark.parametrize("processes", [1, 2])
def test_I2_storm_of_replays_is_one_event(estate: Estate, client: Client, processes: int):
    """200 replays at once revoke one grant once: one row on the trail, one line in the journal."""
    (first,) = estate.grants(client)
    estate.server.start(processes=processes)
    tokens = line_of_tokens(estate, client, first, 3)
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(Line(estate.server.port))) for _ in range(STORM)]
        for line in lines:
            line.send(client.request(tokens[0]))
        assert {line.receive().error for line in lines} == {"invalid_grant"}
    assert len(estate.audit("reuse_detected")) == 1
    assert estate.query("SELECT count(*) FROM audit") == [(2,)]
    assert (estate.data / "revocations.jsonl").read_bytes().count(b"\n") == 1
    assert estate.renew(client, tokens[-1]).error == "invalid_grant"


@ON_BOTH
def test_I2_replay_among_renewals_revokes_nobody_else(estate: Estate, client: Client):
    """A thief's replays share commits with other clients' renewals, which go through."""
    firsts = estate.grants(client, 16)
    estate.server.start()
    lines = [line_of_tokens(estate, client, first, 2) for first in firsts]
    with ExitStack() as stack:
        open_ = [stack.enter_context(closing(Line(estate.server.port))) for _ in lines]
        for number, (line, tokens) in enumerate(zip(open_, lines, strict=True)):
            line.send(client.request(tokens[0] if number % 4 == 0 else tokens[-1]))
        statuses = [line.receive().status for line in open_]
    assert statuses == [400, 200, 200, 200] * 4
    assert estate.query("SELECT count(*) FROM grants WHERE revoked_at > 0") == [(4,)]


@ON_BOTH
def test_I2_only_who_passed_the_client_check_can_revoke(estate: Estate, client: Client):
    """A replay under a wrong secret, or by another client, is refused and revokes nothing."""
    (first,) = estate.grants(client)
    stranger = estate.client("stranger")
    estate.server.start()
    tokens = line_of_tokens(estate, client, first, 3)
    impostor = Client(client.app, stranger.secret)
    assert estate.renew(impostor, tokens[0]).error == "invalid_client"
    assert estate.renew(stranger, tokens[0]).error == "invalid_grant"
    assert estate.renew(stranger, tokens[-1]).error == "invalid_grant"
    estate.chain(client, tokens[-1], 1)
    assert not estate.audit("reuse_detected")
