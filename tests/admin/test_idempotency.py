"""Asking again for a creation creates nothing more, and is answered the same, credentials included."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidTag

from remint.issuer.admin.idempotency import Once, ticket_for
from remint.issuer.admin.problem import Refused
from remint.issuer.admin.reply import Reply
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.secret import Secret
from tests.admin.world import World, furnish
from tests.servers import RunningServer, serving, start


class Client:
    """Creates apps in a workspace by name, under an idempotency key."""

    def __init__(self, world: World, base_url: str, key: str = "root") -> None:
        self._url = f"{base_url}/admin/v1/workspaces/{world.ids['workspace']}/apps"
        self._headers = world.key(key)

    def create(self, name: str, key: str, **more: Any) -> requests.Response:
        return requests.post(
            self._url,
            json={"name": name, "dialect": "eshopbox", **more},
            headers={**self._headers, "Idempotency-Key": key},
            timeout=30,
        )

    def count(self, name: str) -> int:
        found = requests.get(self._url, params={"query": name}, headers=self._headers, timeout=30)
        return len(found.json()["items"])


@pytest.fixture
def client(world: World, server: RunningServer) -> Client:
    """See ``Client``."""
    return Client(world, server.base_url)


def test_the_same_request_is_answered_the_same(client: Client):
    """The second answer is the first one, secret and all, and says that it is a repetition."""
    first = client.create("Once", "k-same")
    second = client.create("Once", "k-same")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.json()["client_secret"].startswith("remint_cs_")
    assert first.headers.get("Idempotent-Replayed") is None
    assert second.headers["Idempotent-Replayed"] == "true"
    for name in ("ETag", "Location", "Content-Type"):
        assert second.headers[name] == first.headers[name]
    assert client.count("Once") == 1


def test_another_request_under_the_same_key_is_refused(client: Client):
    """422: the caller has mixed its keys up, and learns of it."""
    client.create("Mixed", "k-mixed")
    answer = client.create("Mixed up", "k-mixed")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:remint:problem:key_reused"
    assert client.count("Mixed") == 1


def test_the_key_is_the_callers_own(client: Client, world: World, server: RunningServer):
    """Another caller's same key is another key: nobody reads what somebody else was answered."""
    mine = client.create("Mine", "k-own")
    theirs = Client(world, server.base_url, "acme").create("Mine", "k-own")
    assert theirs.status_code == 201
    assert theirs.json()["client_secret"] != mine.json()["client_secret"]


def test_a_refused_creation_may_be_tried_again(client: Client):
    """What was refused created nothing, so its key is still good: for the mended request, too."""
    assert client.create("Mended", "k-mended", dialect="none such").status_code == 404
    assert client.create("Mended", "k-mended").status_code == 201
    assert client.create("Mended", "k-mended").headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "käse".encode(), "tab\tin it"])
def test_what_is_no_key_is_refused(client: Client, key: Any):
    """1 to 255 printable characters: anything else is 422 and names the header."""
    answer = client.create("Never", key)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == "Idempotency-Key"


def test_many_at_once_create_one(client: Client):
    """Of many that come at once one creates; each of the others is told to wait, or the same answer."""
    answers: list[requests.Response] = []

    def ask() -> None:
        answers.append(client.create("Many", "k-many"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = {each.json()["client_secret"] for each in answers if each.status_code == 201}
    assert len(made) == 1
    for each in answers:
        if each.status_code != 201:
            assert each.json()["type"] == "urn:remint:problem:in_progress"
            assert each.headers["Retry-After"] == "1"
    assert client.count("Many") == 1


def test_what_is_kept_holds_no_credential(client: Client, world: World):
    """Neither the secret nor the key that opens it is anywhere in the data directory (I7)."""
    made = client.create("Kept", "k-kept").json()
    held = b"".join(
        path.read_bytes() for path in world.settings.data_dir.rglob("*") if path.is_file()
    )
    assert made["client_id"].encode() in held
    for secret in (made["client_secret"], world.keys["root"], "k-kept"):
        assert secret.encode() not in held


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Installation]:
    """An installation without a server."""
    installation = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    yield installation
    installation.close()


def test_a_process_that_was_slower_tells_what_the_quicker_one_did(alone: Installation):
    """Of two processes one creates: the other leaves nothing, and gives the answer of the first."""
    ticket = ticket_for(Secret("bearer"), "key", b"request")
    first, second = Once(alone), Once(alone)
    told = Reply(201, {"ETag": '"v1"'}, b"first")

    def late() -> Reply:
        # While this one is at work, the other process creates and commits.
        thread = threading.Thread(target=lambda: first.answer(ticket, lambda: told))
        thread.start()
        thread.join()
        alone.workspaces.create("by the second")
        return Reply(201, {}, b"second")

    reply = second.answer(ticket, late)
    assert (reply.status, reply.body) == (201, b"first")
    assert reply.headers == {"ETag": '"v1"', "Idempotent-Replayed": "true"}
    assert alone.workspaces.all() == []


def test_a_fault_between_creation_and_note_leaves_nothing(
    alone: Installation, monkeypatch: pytest.MonkeyPatch
):
    """The creation, its event and the kept answer are one transaction: whole or not there."""
    ticket = ticket_for(Secret("bearer"), "key", b"request")

    def perform() -> Reply:
        alone.workspaces.create("half")
        return Reply(201, {}, b"made")

    def failing(*_: object) -> None:
        raise RuntimeError("cut short")

    with monkeypatch.context() as patched:
        patched.setattr(alone.idempotency, "put", failing)
        with pytest.raises(RuntimeError, match="cut short"):
            Once(alone).answer(ticket, perform)
    assert alone.workspaces.all() == []
    assert Once(alone).answer(ticket, perform).body == b"made"


def test_a_kept_answer_opens_for_its_caller_only(alone: Installation):
    """Another bearer key or another idempotency key finds nothing, and a changed row does not open."""
    ticket = ticket_for(Secret("bearer"), "key", b"request")
    Once(alone).answer(ticket, lambda: Reply(201, {}, b"made"))
    for other in (
        ticket_for(Secret("bearer2"), "key", b"request"),
        ticket_for(Secret("bearer"), "key2", b"request"),
    ):
        assert alone.idempotency.find(other.sha256) is None
    with pytest.raises(Refused, match="another request"):
        Once(alone).answer(ticket_for(Secret("bearer"), "key", b"other"), lambda: Reply(201, {}))
    with alone.database.write() as connection:
        connection.exec_driver_sql("UPDATE idempotency SET status = 200")
    with pytest.raises(InvalidTag):
        Once(alone).answer(ticket, lambda: Reply(201, {}))


def test_after_a_day_the_key_is_free(alone: Installation, monkeypatch: pytest.MonkeyPatch):
    """An answer is kept for a day; then it is purged, or another takes its place."""
    ticket = ticket_for(Secret("bearer"), "key", b"request")
    Once(alone).answer(ticket, lambda: Reply(201, {}, b"first"))
    now_ms = alone.clock.now_ms()
    assert alone.idempotency.purge(limit=10) == 0
    monkeypatch.setattr(alone.clock, "now_ms", lambda: now_ms + 86_401_000, raising=False)
    assert Once(alone).answer(ticket, lambda: Reply(201, {}, b"second")).body == b"second"
    monkeypatch.setattr(alone.clock, "now_ms", lambda: now_ms + 2 * 86_402_000, raising=False)
    assert alone.idempotency.purge(limit=10) == 1


@pytest.mark.parametrize("seed", range(4))
def test_kill_9_in_the_middle(tmp_path: Path, seed: int):
    """A server that is killed while it creates has created all of it or nothing; asking again settles it.

    The retry is answered 201 in both cases, there is one app, and the secret that it tells is the app's.
    """
    delay_seconds = random.Random(seed).uniform(0, 0.03)
    world = furnish(Settings(data_dir=tmp_path / "data"))
    server = start(world.settings)
    client = Client(world, server.base_url)
    client.count("warm")

    def ask() -> None:
        try:
            client.create("Killed", "k-killed")
        except requests.RequestException:
            return

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(delay_seconds)
    server.kill()
    thread.join()
    with serving(world.settings) as again:
        client = Client(world, again.base_url)
        answer = client.create("Killed", "k-killed")
        assert answer.status_code == 201, answer.text
        assert client.count("Killed") == 1
    secret = hashlib.sha256(answer.json()["client_secret"].encode()).digest()
    with sqlite3.connect(world.settings.data_dir / "remint.db") as connection:
        found = connection.execute(
            "SELECT s.sha256 FROM client_secrets s JOIN apps a ON a.id = s.app_id WHERE a.client_id = ?",
            (answer.json()["client_id"],),
        ).fetchall()
        events = connection.execute(
            "SELECT count(*) FROM audit a JOIN apps b ON b.id = a.app_id"
            " WHERE a.event = 'app_created' AND b.name = 'Killed'"
        ).fetchone()
    connection.close()
    assert found == [(secret,)]
    assert events == (1,)
