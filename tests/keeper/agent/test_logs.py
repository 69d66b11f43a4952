"""The log tells what happened, and not what was in it."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading

import pytest

from remint.errors import StoreUnavailable
from remint.keeper.agent.accesslog import AccessLine, AccessLog
from remint.keeper.agent.logs import configure_logs
from remint.serving import requestlog


@pytest.fixture
def configured():
    """The log as an agent has it, for the length of a test."""
    root, others = logging.getLogger(), [logging.getLogger(name) for name in ("remint", "uvicorn")]
    handlers, level = root.handlers[:], root.level
    configure_logs()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for other in others:
        other.setLevel(logging.NOTSET)


@pytest.fixture
def told(configured, capsys):
    """What is logged in the test, line by line."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_exception_is_told_by_its_type_and_places(told):
    """A library's words may quote what it was given, and so may a local variable: neither is told."""
    log = logging.getLogger("remint.agent")
    try:
        secret = "a-secret-of-somebody-s"
        raise ValueError(f"cannot parse {secret}")
    except ValueError:
        log.exception("failed", extra={"path": "/x"})
    log.error("away", exc_info=StoreUnavailable("the store is away"))
    log.error("gone", exc_info=FileNotFoundError(2, "No such file", "/a-secret-of-somebody-s"))
    log.info("odd", extra={"thing": object()})
    lines = told()
    first, second, third, fourth = lines
    assert (first["event"], first["path"], first["level"]) == ("failed", "/x", "error")
    assert first["exception"]["type"] == "builtins.ValueError"
    assert "test_logs.py" in first["exception"]["trace"][-1]
    assert second["exception"]["message"] == "the store is away"
    assert third["exception"]["message"] == "No such file"
    assert fourth["thing"] == "object"
    assert "a-secret" not in json.dumps(lines)


def test_garbage_from_strangers_does_not_fill_the_log(told):
    """What uvicorn has to say of each malformed request is left out."""
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert told() == []


def test_nobody_reads_the_log(configured, monkeypatch):
    """A closed standard error fails nobody."""
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    logging.getLogger("remint.agent").warning("nobody hears")


class Pipe(io.BytesIO):
    """A pipe that is full until it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = threading.Event()
        self.is_full = threading.Event()

    def write(self, data) -> int:
        self.is_full.set()
        self.is_read.wait(30)
        return super().write(data)


def test_an_access_log_that_nobody_reads(monkeypatch):
    """Requests go on, and what was lost is told in the end."""
    monkeypatch.setattr(requestlog, "_MOST_LINES", 3)
    pipe = Pipe()
    log = AccessLog(pipe)
    log.write(AccessLine(0, "GET", "/x", "", 200, 1.0))
    assert pipe.is_full.wait(30)
    for _ in range(5):
        log.write(AccessLine(0, "GET", "/x", "acme", 200, 1.0))
    pipe.is_read.set()
    log.close()
    lines = [json.loads(line) for line in pipe.getvalue().splitlines()]
    assert len(lines) == 5
    assert lines[0]["at"] == "1970-01-01T00:00:00.000Z"
    assert lines[-1] == {"event": "access_log_lost", "lines": 2}


def test_a_closed_access_log():
    """A closed standard output fails nobody."""
    stream = io.BytesIO()
    stream.close()
    log = AccessLog(stream)
    log.write(AccessLine(0, "GET", "/x", "", 200, 1.0))
    log.close()
