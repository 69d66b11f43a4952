"""The issuer as a part of somebody's application."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from remint.issuer import Issuer, Settings
from remint.issuer.installation import Installation
from tests.house.tree import ROOT
from tests.issuer.conftest import Line, ask, get, make_client, post

HOSTS = ["mount_fastapi", "mount_starlette"]
PLACEHOLDER = """
name = "placed"
title = "Placed"
summary = "The token in the path."

[policy]
rotation = "rotate"

[call.refresh_token]
method = "POST"
path = "/v1/token/{refresh_token}"

[call.refresh_token.request]
refresh_token = { in = "path" }
client_id = { in = "query" }

[answer.fields]
access_token = {}
"""


@contextmanager
def hosted(example: str, folder: Path, *options: str) -> Iterator[int]:
    """An example under uvicorn, as its docstring says. Yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "-m",
        "uvicorn",
        f"examples.{example}:app",
        "--app-dir",
        str(ROOT),
        "--port",
        str(port),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--log-level", "warning", *options],
            cwd=folder,
            env={**os.environ, "REMINT_DATA_DIR": str(folder / "remint-data")},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError):
                if get(port, "/auth/readyz").status in (200, 404):
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        # Uvicorn ends by the signal that asked it to.
        assert process.wait(20) == -signal.SIGTERM, (folder / "log").read_text()


@pytest.fixture
def client(tmp_path):
    """A client in the data directory of the examples."""
    installation = Installation(Settings(data_dir=tmp_path / "remint-data"), environ={})
    try:
        return make_client(installation, 2)
    finally:
        installation.close()


@pytest.mark.parametrize("example", HOSTS)
def test_a_mounted_issuer_renews(example, client, tmp_path):
    """Token endpoints, pages and descriptions are below the mount; the host's own routes are not touched."""
    with hosted(example, tmp_path) as port:
        line = Line(port)
        answer = line.ask(post("/auth/oauth/token", client.body(client.tokens[0])))
        assert answer.status == 200
        newest = answer.json()["refresh_token"]
        assert line.ask(post("/auth/oauth/token", client.body(newest))).status == 200
        line.close()
        assert get(port, "/orders").json() == []
        assert get(port, "/oauth/token").status == 404
        assert get(port, "/auth/").headers["location"] == "/auth/docs"
        page = get(port, "/auth/docs").body.decode()
        links = re.findall(r'(?:href|src)="([^"#]+)"', page)
        assert {get(port, link).status for link in set(links)} == {200}
        known_as = "http://127.0.0.1:8000/auth" if "fastapi" in example else "http://test/auth"
        description = get(port, "/auth/openapi.json").json()
        assert description["servers"] == [{"url": known_as}]
        assert "/oauth/token" in description["paths"]
        metadata = get(port, "/auth/.well-known/oauth-authorization-server").json()
        assert metadata["token_endpoint"] == f"{known_as}/oauth/token"
        assert get(port, "/auth/.well-known/jwks.json").json()["keys"]
        assert get(port, "/auth/nothing").json()["error_description"].endswith("/auth/docs.")
    lines = [json.loads(each) for each in (tmp_path / "log").read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["advanced", "advanced"]
    assert {line["path"] for line in lines} == {"/oauth/token"}


def test_a_host_below_a_prefix_of_its_own(client, tmp_path):
    """A root path of the server stands before the mount's."""
    with hosted("mount_starlette", tmp_path, "--root-path", "/api") as port:
        line = Line(port)
        assert line.ask(post("/auth/oauth/token", client.body(client.tokens[0]))).status == 200
        line.close()
        page = get(port, "/auth/docs").body.decode()
        assert 'href="/api/auth/docs/style.css"' in page


@pytest.fixture
def issuer(tmp_path):
    """An issuer that was not started, with a dialect whose token is in the path."""
    (tmp_path / "placed.toml").write_text(PLACEHOLDER)
    return Issuer(
        Settings(data_dir=tmp_path / "data", dialect_folders=(tmp_path,), access_log="off")
    )


async def test_without_a_lifespan_it_starts_at_the_first_request(issuer):
    """Starlette passes no lifespan on to what it mounts; the issuer gets by."""
    assert not issuer.service.is_ready
    assert await ask(issuer, "/auth/healthz", root="/auth") == (200, b"ok\n")
    assert issuer.service.is_ready
    await issuer.stop()
    status, _ = await ask(issuer, "/auth/healthz", root="/auth")
    assert status == 503
    await issuer.stop()


async def test_a_prefix_is_a_prefix_of_segments(issuer):
    """What is mounted at /auth does not answer for /authority."""
    async with issuer.lifespan():
        assert (await ask(issuer, "/authhealthz", root="/auth"))[0] == 404
        assert (await ask(issuer, "/auth/healthz", root="/auth"))[0] == 200
        # A server that strips the prefix, as the CGI of old did.
        assert (await ask(issuer, "/healthz", root="/auth"))[0] == 200


@pytest.mark.parametrize("root", ["", "/auth"])
async def test_a_token_in_the_path_is_found_below_a_mount(issuer, root):
    """A path with placeholders is matched, and read, below the mount."""
    async with issuer.lifespan():
        path, query = f"{root}/v1/token/nonsense", "client_id=nobody"
        status, body = await ask(issuer, path, root=root, method="POST", query=query)
        assert (status, json.loads(body)["error"]) == (401, "invalid_client")
        assert (await ask(issuer, f"{root}/v1/token/a/b", root=root, method="POST"))[0] == 404


async def test_what_is_neither_http_nor_lifespan_is_closed(issuer):
    """A web socket is refused."""
    sent = []

    async def send(message):
        sent.append(message)

    await issuer({"type": "websocket"}, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    issuer.installation.close()
