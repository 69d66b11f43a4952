"""The access log: a line of JSON for each token request, without its query string and without secrets."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from remint.serving.requestlog import RequestLog, moment


class AccessLine(msgspec.Struct, gc=False):
    """What is told of one request. ``path`` is the endpoint's as documented, never as it was asked for."""

    at_ms: int
    request_id: str
    address: str
    method: str
    path: str
    dialect: str
    client: str
    status: int
    outcome: str
    milliseconds: float


class _Written(msgspec.Struct, gc=False):
    at: str
    event: str
    request_id: str
    address: str
    method: str
    path: str
    dialect: str
    client: str
    status: int
    outcome: str
    milliseconds: float


class AccessLog(RequestLog[AccessLine]):
    """Writes to ``stream``. ``close`` it to have the last lines written."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, _worded)


def _worded(line: AccessLine) -> _Written:
    return _Written(
        moment(line.at_ms),
        "request",
        line.request_id,
        line.address,
        line.method,
        line.path,
        line.dialect,
        line.client,
        line.status,
        line.outcome,
        round(line.milliseconds, 2),
    )
