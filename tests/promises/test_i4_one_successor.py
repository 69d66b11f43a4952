"""I4: all presentations of one refresh token within its window get the same successor."""

from __future__ import annotations

from contextlib import ExitStack, closing

import msgspec
import pytest

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate
from tests.promises.line import Answer, Line
from tests.servers import serving

AT_ONCE = 64
GENERATIONS = 12


def burst(lines: list[Line], request: bytes) -> list[Answer]:
    """The answers to one request, sent over every line at the same moment: all but its last byte first."""
    for line in lines:
        line.send(request[:-1])
    for line in lines:
        line.send(request[-1:])
    return [line.receive() for line in lines]


@ON_BOTH
@pytest.mark.parametrize("processes", [1, 2])
def test_I4_many_at_once_get_one_successor(estate: Estate, processes: int):
    """64 presentations of one token at once get one successor, generation after generation."""
    client = estate.client()
    (token,) = estate.grants(client)
    estate.server.start(processes=processes)
    bursts(estate, client, token, estate.server.port)


@ON_BOTH
def test_I4_workers_of_one_server_agree(estate: Estate):
    """The same of the real thing, with two workers."""
    client = estate.client()
    (token,) = estate.grants(client)
    settings = msgspec.structs.replace(estate.server.settings, workers=2)
    with serving(settings, covered=False) as server:
        bursts(estate, client, token, server.port)


def bursts(estate: Estate, client: Client, token: str, port: int) -> None:
    """Generation after generation, many at once; each gets one successor."""
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(Line(port))) for _ in range(AT_ONCE)]
        for generation in range(1, GENERATIONS + 1):
            answers = burst(lines, client.request(token))
            successors = {answer.token for answer in answers}
            assert len(successors) == 1
            assert successors != {token}
            assert len({answer.json["access_token"] for answer in answers}) == AT_ONCE
            assert estate.query("SELECT generation, revoked_at FROM grants") == [(generation, 0)]
            (token,) = successors
    assert not estate.audit("reuse_detected")
