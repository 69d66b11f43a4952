"""Every operation does what it says: its example succeeds, and the answer fits the description."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import schemathesis

from remint.issuer import Issuer
from remint.issuer.admin import OPERATIONS
from remint.issuer.admin.openapi import describe
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.routing import PREFIX
from remint.issuer.installation import Installation
from tests.admin.examples import EXAMPLES, address
from tests.admin.world import World

SCHEMA = schemathesis.openapi.from_dict(describe(OPERATIONS))


@pytest.fixture
async def client(world: World, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an issuer on a copy of the furnished installation."""
    copy = tmp_path / "data"
    shutil.copytree(world.settings.data_dir, copy)
    settings = msgspec.structs.replace(world.settings, data_dir=copy)
    installation = Installation(settings, environ={})
    issuer = Issuer(installation=installation)
    transport = httpx.ASGITransport(app=issuer)
    async with httpx.AsyncClient(transport=transport, base_url="http://issuer.test") as opened:
        yield opened
    await issuer.stop()
    installation.close()


def test_the_description_is_openapi_3_1():
    """The document fits the meta-schema of OpenAPI 3.1."""
    SCHEMA.validate()


def test_every_operation_is_described():
    """Each operation is in the document, under its own name, with words and a heading."""
    document = describe(OPERATIONS)
    found = {
        told["operationId"]: told for path in document["paths"].values() for told in path.values()
    }
    assert set(found) == {each.name for each in OPERATIONS}
    assert len(found) == len(OPERATIONS)
    assert all(told["summary"] and told["tags"] for told in found.values())


def test_every_address_is_one_operations():
    """No two operations share method and path, and one place in a path has one name."""
    addresses = [(each.method, each.path) for each in OPERATIONS]
    assert len(set(addresses)) == len(addresses)
    names: dict[str, set[str]] = {}
    for each in OPERATIONS:
        parts = each.path.split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:place]), set()).add(part)
    assert all(len(each) == 1 for each in names.values()), names


def test_every_field_of_a_request_is_bounded_or_told():
    """No component has a field without a type, so that a generated client knows what to send."""
    for name, schema in describe(OPERATIONS)["components"]["schemas"].items():
        assert schema["description"], name


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_an_example_succeeds(operation: Operation, world: World, client: httpx.AsyncClient):
    """The status, the headers and the body are as described."""
    headers = world.key("root") | ({"If-Match": "*"} if operation.versioned else {})
    answer = await client.request(
        operation.method,
        address(operation, world),
        json=EXAMPLES[operation.name].body,
        headers=headers,
    )
    assert answer.status_code == operation.status, answer.text
    SCHEMA[PREFIX + operation.path][operation.method].validate_response(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]
    if "version" in getattr(operation.response, "__struct_fields__", ()):
        assert answer.headers["etag"] == f'"v{answer.json()["version"]}"'


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.method == "GET"], ids=lambda each: each.name
)
async def test_head_is_get_without_the_body(
    operation: Operation, world: World, client: httpx.AsyncClient
):
    """HEAD is answered wherever GET is, with the same status and headers."""
    path, key = address(operation, world), world.key("root")
    head = await client.head(path, headers=key)
    whole = await client.get(path, headers=key)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag"):
        assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.method != "GET"], ids=lambda each: each.name
)
async def test_a_change_is_in_the_audit_trail(
    operation: Operation, world: World, client: httpx.AsyncClient
):
    """Whatever is done leaves who did it and from where."""
    before = await client.get(f"{PREFIX}/audit?limit=1", headers=world.key("root"))
    headers = world.key("root") | ({"If-Match": "*"} if operation.versioned else {})
    await client.request(
        operation.method,
        address(operation, world),
        json=EXAMPLES[operation.name].body,
        headers=headers,
    )
    after = await client.get(f"{PREFIX}/audit?limit=1", headers=world.key("root"))
    (newest,) = after.json()["items"]
    assert newest["id"] > before.json()["items"][0]["id"]
    assert re.fullmatch(r"key \d+ \(root\)", newest["actor"])
    assert newest["origin"] == "127.0.0.1"
