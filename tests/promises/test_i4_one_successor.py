"""I4: all presentations of one refresh token within its window get the same successor."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from tests.promises.estate import Estate
from tests.promises.line import Answer, Line

AT_ONCE = 64
GENERATIONS = 12


def burst(lines: list[Line], request: bytes) -> list[Answer]:
    """The answers to one request, sent over every line at the same moment: all but its last byte first."""
    for line in lines:
        line.send(request[:-1])
    for line in lines:
        line.send(request[-1:])
    return [line.receive() for line in lines]


@pytest.mark.parametrize("processes", [1, 2])
def test_I4_many_at_once_get_one_successor(estate: Estate, processes: int):
    """64 presentations of one token at once get one successor, generation after generation."""
    client = estate.client()
    (token,) = estate.grants(client)
    estate.server.start(processes=processes)
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(Line(estate.server.port))) for _ in range(AT_ONCE)]
        for generation in range(1, GENERATIONS + 1):
            answers = burst(lines, client.request(token))
            successors = {answer.token for answer in answers}
            assert len(successors) == 1
            assert successors != {token}
            assert len({answer.json["access_token"] for answer in answers}) == AT_ONCE
            assert estate.query("SELECT generation, revoked_at FROM grants") == [(generation, 0)]
            (token,) = successors
    assert not estate.audit("reuse_detected")
