"""The access log: a line for each token request, and nothing in it that could be used."""

from __future__ import annotations

import io
import os
import re
import threading
from typing import Any, cast

import pytest

from remint.issuer.endpoints.accesslog import AccessLine, AccessLog
from tests.house.tree import ROOT
from tests.issuer.conftest import Line, post

FIELDS = [
    "at",
    "event",
    "request_id",
    "address",
    "method",
    "path",
    "dialect",
    "client",
    "status",
    "outcome",
    "milliseconds",
]
ENTRY: dict[str, Any] = {
    "at_ms": 1_800_000_000_123,
    "request_id": "r1",
    "address": "127.0.0.1",
    "method": "POST",
    "path": "/oauth/token",
    "dialect": "oauth2",
    "client": "app",
    "status": 200,
    "outcome": "advanced",
    "milliseconds": 1.23456,
}


def test_a_request_has_its_line(serve, client):
    """Who, what, when and how it went; neither query nor credential."""
    server = serve()
    line = Line(server.port)
    token = client.tokens[0]
    answer = line.ask(client.request(token))
    successor = answer.json()["refresh_token"]
    line.ask(post(f"/oauth/token?refresh_token={token}&x=in-the-query", client.body(token)))
    line.ask(post("/oauth/token", b"grant_type=refresh_token", "X-Api-Key: in-a-header"))
    line.ask(post("/auth/token?email=ada%40example.com&password=hunter2-hunter2", b""))
    line.close()
    server.stop()
    lines = server.access_log()
    assert [list(each) for each in lines] == [FIELDS] * 4
    assert lines[0]["request_id"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[0]["at"])
    told = [(each["path"], each["status"], each["client"], each["outcome"]) for each in lines]
    assert told[0] == ("/oauth/token", 200, "app", "advanced")
    assert told[2][:3] == ("/oauth/token", 400, "")
    assert told[3][:2] == ("/auth/token", 422)
    text = server.stdout.read_text() + server.stderr.read_text()
    secrets = [token, successor, client.secret, "in-the-query", "in-a-header", "hunter2", "ada"]
    assert [each for each in secrets if each in text] == []


def test_the_log_can_be_off(serve, client):
    """``access_log = "off"`` writes nothing."""
    server = serve(access_log="off")
    line = Line(server.port)
    assert line.ask(client.request(client.tokens[0])).status == 200
    line.close()
    server.stop()
    assert server.stdout.read_text() == ""


def test_its_fields_are_documented():
    """``docs/operations.md`` has a row for each field, in their order."""
    page = (ROOT / "docs/operations.md").read_text()
    section = page.partition("## The access log")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == FIELDS


def test_lines_are_written_at_the_end():
    """What was logged before ``close`` is written by then."""
    stream = io.BytesIO()
    log = AccessLog(stream)
    for _ in range(3):
        log.write(AccessLine(**ENTRY))
    log.close()
    assert stream.getvalue().count(b"\n") == 3
    assert b'"at":"2027-01-15T08:00:00.123Z"' in stream.getvalue()
    assert b'"milliseconds":1.23}' in stream.getvalue()


class Stuck(io.BytesIO):
    """A stream whose reader has stopped reading."""

    def __init__(self):
        super().__init__()
        self.may_go_on = threading.Event()

    def write(self, data):
        self.may_go_on.wait(10)
        return super().write(data)


def test_a_reader_that_stops_loses_lines_and_holds_nobody_up(monkeypatch):
    """Beyond a bound lines are dropped and counted; nothing waits, nothing grows."""
    monkeypatch.setattr("remint.serving.requestlog._MOST_LINES", 5)
    stream = Stuck()
    log = AccessLog(stream)
    for _ in range(9):
        log.write(AccessLine(**ENTRY))
    stream.may_go_on.set()
    log.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[-1] == b'{"event":"access_log_lost","lines":4}'


def test_a_stream_that_is_gone_does_no_harm():
    """The reader's end of a pipe was closed: the service goes on."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as stream:
        log = AccessLog(stream)
        log.write(AccessLine(**ENTRY))
        log.close()


@pytest.mark.parametrize("lines", [200])
def test_lines_from_several_processes_stay_whole(lines):
    """On a pipe that processes share, no write is longer than what the kernel keeps in one piece."""
    reading, writing = os.pipe()
    writes = []

    class Pipe(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            writes.append(bytes(data))
            return os.write(writing, data)

    log = AccessLog(cast(Any, Pipe()))
    for _ in range(lines):
        log.write(AccessLine(**ENTRY))
    reader = threading.Thread(target=lambda: os.read(reading, 1 << 20))
    reader.start()
    log.close()
    os.close(writing)
    reader.join()
    os.close(reading)
    assert max(map(len, writes)) <= 4096
    assert all(each.endswith(b"\n") for each in writes)
    assert b"".join(writes).count(b"\n") == lines
