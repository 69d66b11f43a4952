"""What goes wrong is told in one shape (RFC 9457), and says where and what would do."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests

from remint.issuer.admin.problem import TITLES
from tests.admin.world import World
from tests.servers import RunningServer

NAMED = {"name": "Problem"}


class Sender:
    """Sends requests as they are, with a key for everything."""

    def __init__(self, world: World, server: RunningServer) -> None:
        self._server = server
        self._key = world.key("root")

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self._key, **options.pop("headers", {})}
        url = f"{self._server.base_url}/admin/v1{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)


@pytest.fixture(scope="module")
def send(world: World, server: RunningServer) -> Sender:
    """See ``Sender``."""
    return Sender(world, server)


def checked(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    """The problem, which has the one shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"urn:remint:problem:{code}"
    assert (told["status"], told["title"]) == TITLES[code]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert told["detail"]
    return told


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "name"),
        ({"name": 1}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "line\nbreak"}, "name"),
        ({"name": "Fine", "nmae": "x"}, "nmae"),
        ([], "body"),
    ],
)
def test_a_value_that_will_not_do_is_named(send: Sender, body: Any, field: str):
    """422, and the field at fault."""
    told = checked(send("POST", "/workspaces", json=body), 422, "invalid_value")
    assert told["field"] == field


def test_a_field_within_a_field_is_named_by_its_path(send: Sender, world: World):
    """A rule of a policy that is out of bounds is told as ``policy.access_lifetime_seconds``."""
    body = {**NAMED, "dialect": "oauth2", "policy": {"access_lifetime_seconds": 10**9}}
    answer = send("POST", f"/workspaces/{world.ids['workspace']}/apps", json=body)
    assert checked(answer, 422, "invalid_value")["field"] == "policy.access_lifetime_seconds"


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"name": "\\ud800"}', b"", b"[" * 100_000 + b"]" * 100_000]
)
def test_what_is_no_json_is_400(send: Sender, body: bytes):
    """A body that cannot be read at all is malformed; one that is absent is no JSON either."""
    headers = {"Content-Type": "application/json"}
    answer = send("POST", "/workspaces", data=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_415(send: Sender, kind: str):
    """Only JSON is read."""
    answer = send("POST", "/workspaces", data=b'{"name": "X"}', headers={"Content-Type": kind})
    assert checked(answer, 415, "media_type")["expected"] == "application/json"


def test_a_large_body_is_413(send: Sender):
    """A mebibyte is enough for everybody."""
    body = b'{"name": "' + b"x" * (1 << 20) + b'"}'
    headers = {"Content-Type": "application/json"}
    checked(send("POST", "/workspaces", data=body, headers=headers), 413, "too_large")


def test_a_body_where_none_is_taken_is_refused(send: Sender, world: World):
    """It would be passed over, and its sender believe otherwise."""
    path = f"/workspaces/{world.ids['workspace']}/revoke-grants"
    checked(send("POST", path, json={"subject": "user-1"}), 400, "malformed")


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/workspaces/", "/workspaces/1/nothing", "/workspaces//apps", "/%00"],
)
def test_a_path_that_leads_nowhere_is_404(send: Sender, path: str):
    """Also one that is almost right."""
    checked(send("GET", path), 404, "not_found")


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "abc", "9" * 30, "٣", "%0A1", "1%00"])
def test_what_is_no_id_is_404(send: Sender, number: str):
    """No row has it, so it is not there."""
    checked(send("GET", f"/workspaces/{number}"), 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_405(send: Sender, method: str):
    """With the methods that there are."""
    answer = send(method, "/workspaces")
    checked(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "query, field",
    [("nmae=1", "nmae"), ("limit=1&limit=2", "limit"), ("limit=%FF", "query")],
)
def test_a_query_that_will_not_do_is_refused(send: Sender, query: str, field: str):
    """A parameter that is unknown, doubled or no text."""
    answer = send("GET", f"/workspaces?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json()["field"] == field


@pytest.mark.parametrize("tag", ["v1", '"v1', '"v1", "v2"', "", "1"])
def test_what_is_no_entity_tag_is_422(send: Sender, world: World, tag: str):
    """If-Match takes one entity tag, or a star."""
    path = f"/workspaces/{world.ids['workspace']}"
    answer = send("PATCH", path, json=NAMED, headers={"If-Match": tag})
    assert checked(answer, 422, "invalid_value")["field"] == "If-Match"


def test_a_taken_name_is_409(send: Sender):
    """What exists already is told, and nothing changed."""
    assert send("POST", "/workspaces", json={"name": "Taken"}).status_code == 201
    checked(send("POST", "/workspaces", json={"name": "Taken"}), 409, "conflict")


def test_a_body_that_does_not_come_is_408(world: World, server: RunningServer):
    """A caller that falls silent in its body is told so and cut off; others are not held up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(
            b"POST /admin/v1/workspaces HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n"
            b"Content-Type: application/json\r\nAuthorization: Bearer "
            + world.keys["root"].encode()
            + b"\r\n\r\n{"
        )
        answer = line.recv(65536)
    assert b" 408 " in answer.partition(b"\r\n")[0]
    assert b"urn:remint:problem:too_slow" in answer


def test_no_error_repeats_a_credential(send: Sender, world: World):
    """A password that will not do is not told again, nor is a key."""
    secret = "tooshrt"
    body = {"username": "joan@example.com", "password": secret}
    answer = send("POST", f"/workspaces/{world.ids['workspace']}/users", json=body)
    assert checked(answer, 422, "invalid_value")["field"] == "password"
    assert secret not in answer.text
    answer = send("GET", "/caller", headers={"Authorization": "Bearer remint_mk_secret"})
    checked(answer, 401, "unauthenticated")
    assert "secret" not in answer.text
