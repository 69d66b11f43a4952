"""The admin API in its surroundings: mounted, switched off, crowded, and while it streams."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from remint.errors import StoreUnavailable
from remint.issuer import Issuer
from remint.issuer.actor import COMMAND
from remint.issuer.installation import Installation
from remint.issuer.people.access import PERMISSIONS
from remint.issuer.people.adminkeys import create_admin_key
from remint.issuer.settings import Settings
from remint.issuer.upkeep import audit as trail
from tests.admin.world import ANYBODY


@asynccontextmanager
async def running(
    folder: Path, mounted_at: str = "", **more: Any
) -> AsyncIterator[tuple[Issuer, httpx.AsyncClient]]:
    """An issuer in this process, and a client with a key for everything."""
    installation = Installation(Settings(data_dir=folder / "data", **more), environ={})
    made = create_admin_key(
        installation, ANYBODY, "root", PERMISSIONS, workspace=None, actor=COMMAND
    )
    issuer = Issuer(installation=installation)
    app = Starlette(routes=[Mount(mounted_at, app=issuer)]) if mounted_at else issuer
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url=f"http://issuer.test{mounted_at}",
        headers={"Authorization": f"Bearer {made.secret.reveal()}"},
    ) as client:
        yield issuer, client
    await issuer.stop()
    installation.close()


async def test_mounted_below_a_path(tmp_path: Path):
    """What leads to what is told with the path that a host application has put before it."""
    async with running(tmp_path, "/auth") as (_, client):
        made = await client.post("/admin/v1/workspaces", json={"name": "A"})
        await client.post("/admin/v1/workspaces", json={"name": "B"})
        location = made.headers["location"]
        assert location == f"/auth/admin/v1/workspaces/{made.json()['id']}"
        page = await client.get("/admin/v1/workspaces?limit=1")
        following = page.links["next"]["url"]
        assert following.startswith("/auth/admin/v1/workspaces?limit=1&cursor=")
        found = await client.get(f"http://issuer.test{following}")
        assert [each["name"] for each in found.json()["items"]] == ["B"]


async def test_switched_off(tmp_path: Path):
    """With ``console = false`` there is no admin API either."""
    async with running(tmp_path, console=False) as (_, client):
        answer = await client.get("/admin/v1/caller")
        assert answer.status_code == 404
        assert answer.json()["error"] == "not_found"


async def test_a_crowd_is_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """So many work and so many wait; one more is told to come again, and those who wait are answered."""
    async with running(tmp_path) as (issuer, client):
        await client.get("/admin/v1/caller")
        going = threading.Event()
        held = issuer.installation.admin_keys.find

        def slow(sha256: bytes) -> object:
            going.wait(30)
            return held(sha256)

        monkeypatch.setattr(issuer.installation.admin_keys, "find", slow)
        asked = [asyncio.create_task(client.get("/admin/v1/caller")) for _ in range(80)]
        while sum(each.done() for each in asked) < 16:
            await asyncio.sleep(0.01)
        going.set()
        answers = await asyncio.gather(*asked)
        statuses = [each.status_code for each in answers]
        assert (statuses.count(200), statuses.count(503)) == (64, 16)
        refused = next(each for each in answers if each.status_code == 503)
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["type"] == "urn:remint:problem:unavailable"


async def test_a_database_that_is_away_is_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The caller is told to try again, and nothing of the reason."""
    async with running(tmp_path) as (issuer, client):

        def away(*_: object) -> None:
            raise StoreUnavailable("/secret/path does not answer", retry_after_seconds=3)

        monkeypatch.setattr(issuer.installation.admin_keys, "find", away)
        answer = await client.get("/admin/v1/caller")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
        assert "secret" not in answer.text


async def test_a_fault_of_ours_is_500_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What went wrong is in the log, under the request id that the caller has."""
    async with running(tmp_path) as (issuer, client):

        def broken(*_: object) -> None:
            raise RuntimeError("a detail of ours")

        monkeypatch.setattr(issuer.installation.admin_keys, "find", broken)
        answer = await client.get("/admin/v1/caller")
        assert answer.status_code == 500
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert "detail of ours" not in answer.text


async def test_an_export_is_made_while_it_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each chunk is made in a thread when the one before was sent; the last one ends the answer."""
    made: list[int] = []

    def chunks(*_: object) -> Iterator[bytes]:
        for number in range(3):
            made.append(threading.get_ident())
            yield b"%d\n" % number

    monkeypatch.setattr(trail, "export", chunks)
    async with running(tmp_path) as (_, client):
        answer = await client.get("/admin/v1/audit.jsonl")
        assert answer.content == b"0\n1\n2\n"
        assert threading.get_ident() not in made
        assert "content-length" not in answer.headers
        head = await client.head("/admin/v1/audit.jsonl")
        assert (head.status_code, len(made)) == (200, 3)


async def test_an_export_that_breaks_off_is_no_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A fault in the middle does not end the answer as if that had been all."""
    ended: list[bool] = []

    def chunks(*_: object) -> Iterator[bytes]:
        yield b"first\n"
        raise StoreUnavailable("away")

    monkeypatch.setattr(trail, "export", chunks)
    async with running(tmp_path) as (issuer, client):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/admin/v1/audit.jsonl",
            "query_string": b"",
            "headers": [(b"authorization", client.headers["authorization"].encode())],
        }

        read: list[bool] = []

        async def receive() -> dict[str, Any]:
            if read:
                await asyncio.sleep(60)
            read.append(True)
            return {"type": "http.request", "body": b""}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body":
                ended.append(not message.get("more_body", False))

        with pytest.raises(StoreUnavailable):
            await issuer(scope, receive, send)
    assert ended == [False]
