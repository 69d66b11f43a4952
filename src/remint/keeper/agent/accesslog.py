"""The access log: a line of JSON for each request, without query strings, bodies, keys or tokens."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from remint.serving.requestlog import RequestLog, moment


class AccessLine(msgspec.Struct, gc=False):
    """What is told of one request. ``path`` is as documented, never as it was asked for."""

    at_ms: int
    method: str
    path: str
    connection: str
    status: int
    milliseconds: float


class _Written(msgspec.Struct, gc=False):
    at: str
    event: str
    method: str
    path: str
    connection: str
    status: int
    milliseconds: float


class AccessLog(RequestLog[AccessLine]):
    """Writes to ``stream``. ``close`` it to have the last lines written."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, _worded)


def _worded(line: AccessLine) -> _Written:
    return _Written(
        moment(line.at_ms),
        "request",
        line.method,
        line.path,
        line.connection,
        line.status,
        round(line.milliseconds, 2),
    )
