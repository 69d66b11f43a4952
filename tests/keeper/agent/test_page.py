"""What ``docs/agent.md`` says is so: its commands and examples run, its tables are those of the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from remint.keeper.agent.answers import _Token
from remint.keeper.agent.metrics import OUTCOMES, Gauges, Metrics
from remint.keeper.agent.settings import DEFAULT_LISTEN
from remint.keeper.connection import State
from remint.keeper.status import Status
from tests.docs.page import Page
from tests.house.tree import ROOT
from tests.keeper.agent.agents import backdate
from tests.keeper.provider import access_token

PAGE = Page("docs/agent.md")
EXAMPLES = ROOT / "examples/agent"
_SOURCES = sorted((ROOT / "src/remint/keeper/agent").glob("*.py"))
# The first run of Go compiles its library.
_LONGEST_SECONDS = 500


@dataclass
class Api:
    """An API that takes only the token that ``good`` is, and tells in ``seen`` what it was shown."""

    url: str = ""
    good: str = ""
    seen: list[str] = field(default_factory=list)


@pytest.fixture
def api():
    """One, on a port of its own."""

    made = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            shown = self.headers.get("Authorization", "")
            made.seen.append(shown)
            self.send_response(200 if shown == f"Bearer {made.good}" else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/orders"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        server.shutdown()


def run(arguments, **environ):
    """What a program of another language prints."""
    done = subprocess.run(
        arguments,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def program(name):
    """A program, by its path; the test is skipped where there is none."""
    return shutil.which(name) or pytest.skip(f"needs {name}")


def test_go(stage, provider, api):
    """The example in Go calls an API by way of a socket."""
    go = program("go")
    stage.connect(provider, "acme")
    path = stage.folder / "run" / "a.sock"
    stage.start("--socket", str(path))
    api.good = access_token("acme", 1)
    source = str(EXAMPLES / "go" / "main.go")
    assert run([go, "run", source, api.url], AGENT_SOCKET=str(path)) == "200"
    (block,) = (block.code for block in PAGE.blocks if block.language == "go")
    assert block.strip() in (EXAMPLES / "go" / "main.go").read_text()


def test_javascript(stage, provider, api):
    """The example in JavaScript has a token that was turned down replaced, and calls once more."""
    node = program("node")
    stage.connect(provider, "acme")
    agent = stage.start()
    backdate(stage, "acme")
    api.good = access_token("acme", 2)
    source = EXAMPLES / "javascript" / "acme.mjs"
    shown = {"AGENT_URL": agent.address, "REMINT_AGENT_KEY": agent.key}
    assert run([node, str(source), api.url], **shown) == "200"
    assert api.seen == [f"Bearer {access_token('acme', number)}" for number in (1, 2)]
    assert DEFAULT_LISTEN in source.read_text()
    (block,) = (block.code for block in PAGE.blocks if block.language == "js")
    assert block == source.read_text()


def test_curl(stage, provider):
    """Each line with curl gets a token."""
    program("curl")
    stage.connect(provider, "acme")
    path = stage.folder / "run" / "a.sock"
    at_port, _ = stage.start(), stage.start("--socket", str(path))
    lines = [
        line
        for block in PAGE.blocks
        for line in block.code.splitlines()
        if line.startswith("curl ")
    ]
    assert len(lines) == 2
    for line in lines:
        here = line.replace(DEFAULT_LISTEN, f"127.0.0.1:{at_port.port}")
        here = here.replace("~/.remint/agent.sock", str(path))
        assert access_token("acme", 1) in run(["sh", "-c", here], KEY=at_port.key)


def test_the_unit_is_the_file():
    """The unit on the page is that of the examples."""
    (block,) = (block.code for block in PAGE.blocks if block.language == "ini")
    assert block == (EXAMPLES / "remint-agent.service").read_text()


def test_every_metric_is_documented():
    """The page lists each metric with its type and labels, and no other."""
    metrics = Metrics()
    metrics.requests["/v1/connections", 200] += 1
    shown = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels),
        )
        for family in text_string_to_metric_families(metrics.exposition(Gauges(states={})).decode())
    }
    told = {
        row[0]: (row[1], frozenset(re.findall(r"`(\w+)`", row[2])))
        for row in re.findall(
            r"^\| `(\w+)` \| (\w+) \|(.*?)\|", PAGE.section("Metrics"), re.MULTILINE
        )
    }
    assert told == shown


def test_every_outcome_is_documented():
    """And no other."""
    assert [names[0] for names in PAGE.cells("Outcomes of a renewal") if names] == list(OUTCOMES)


def test_every_error_is_documented():
    """Each code with its status, as the code has it."""
    text = "".join(source.read_text() for source in _SOURCES)
    made = set(re.findall(r'\bno\(\s*(\d{3}),\s*"(\w+)"', text))
    made.add(("409", "connection_dead"))
    told = {
        (row[0], row[1])
        for row in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGE.section("Errors"), re.MULTILINE)
    }
    assert told == made


def test_every_path_is_documented():
    """Each path that is counted has its row."""
    text = (ROOT / "src/remint/keeper/agent/application.py").read_text()
    made = set(re.findall(r'visit\.path = "([^"]+)"', text)) | {"/healthz", "/readyz"}
    assert {names[0] for names in PAGE.cells("The paths") if names and "/" in names[0]} == made


def test_every_field_is_documented():
    """Those of a token and of a status, by their names in JSON."""
    told = [names[0] for names in PAGE.cells("A token") if names]
    assert told == list(_Token.__struct_fields__)
    status = {name.removesuffix("_ms") for name in Status.__struct_fields__}
    named = set(re.findall(r"`(\w+)`", PAGE.section("Status")))
    assert status <= named
    assert named - status <= {"limit", "after", "next", "null", *get_args(State)}


def test_every_option_is_documented():
    """The page's table of options is the command's."""
    from typer.main import get_command

    from remint.cli import app

    root: Any = get_command(app)
    command = root.commands["agent"]
    options = {each.opts[0] for each in command.params} - {"--help"}
    told = {names[0].split()[0] for names in PAGE.cells("Running it") if names}
    assert {each for each in told if each.startswith("--")} == options
