"""Which endpoint answers where: paths, placeholders, and several methods on one path."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from remint.issuer.endpoints.routes import Routes
from remint.issuer.installation import Installation
from remint.issuer.server.worker import MODULE, Order
from remint.issuer.settings import Settings


def app(name: str):
    """An application that says its name."""

    async def served(scope, _receive, send):
        await send(f"{name} {scope['method']}")

    return served


def endpoint(method: str, *paths: str) -> Any:
    """What a route has to know of an endpoint."""
    return cast(Any, SimpleNamespace(method=method, paths=paths))


@pytest.mark.parametrize(
    "method, path, answers",
    [
        ("POST", "/token", "posted"),
        ("GET", "/token", "got"),
        ("PUT", "/token", "put"),
        ("PATCH", "/token", "posted"),
        ("POST", "/token/", "posted"),
        ("POST", "/token/abc", "placed"),
        ("POST", "/token/a/c", "else"),
        ("POST", "/", "else"),
    ],
)
async def test_a_request_finds_its_endpoint(method, path, answers):
    """By path first, then by method; the first endpoint of a path answers for methods that it has not."""
    routes = Routes(app("else"))
    routes.add(endpoint("POST", "/token", "/token/"), app("posted"))
    routes.add(endpoint("GET", "/token"), app("got"))
    routes.add(endpoint("PUT", "/token"), app("put"))
    routes.add(endpoint("POST", "/token/{refresh_token}"), app("placed"))
    said = []

    async def send(message):
        said.append(message)

    await routes.find(path)({"method": method}, None, send)
    assert said == [f"{answers} {method}"]


def test_a_worker_that_cannot_begin_says_why(tmp_path):
    """Its exit status is 1, and the reason is in the log."""
    settings = Settings(data_dir=tmp_path / "data")
    Installation(settings, environ={}).close()
    (settings.data_dir / "root.key").unlink()
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        input=Order(settings, 0, os.getpid()).encode(),
        capture_output=True,
    )
    assert done.returncode == 1
    assert b'"event":"worker_failed"' in done.stderr
    assert b"root key" in done.stderr
