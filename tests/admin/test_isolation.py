"""Nobody gets at what is not theirs: every operation, refused in every way, with nothing changed.

The operations are those of the registry, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import re

import pytest
import requests

from remint.issuer.admin import OPERATIONS
from remint.issuer.admin.operation import Operation
from remint.issuer.people.access import INSTALLATION_WIDE
from tests.admin.examples import EXAMPLES, address
from tests.admin.world import World
from tests.servers import RunningServer

KEYED = [each for each in OPERATIONS if not each.public]
WITHIN = [each for each in OPERATIONS if "{workspace}" in each.path]
PERMITTED = [each for each in OPERATIONS if each.permission is not None]
BELOW = [each for each in WITHIN if each.path.count("{") > 1]
NAMING = [each for each in OPERATIONS if "{" in each.path]
UNKNOWN = {"grant": "0" * 32, "client_id": "nobody", "dialect": "nothing"}
VERSIONED = [each for each in OPERATIONS if each.versioned]


def named(operation: Operation) -> str:
    return operation.name


def test_every_operation_has_an_example():
    """An operation that is not tried here is named."""
    assert {each.name for each in OPERATIONS} == set(EXAMPLES)


def test_what_needs_no_key_changes_nothing():
    """Only the description is for everybody; what takes any key at all only reads."""
    assert [each.name for each in OPERATIONS if each.public] == ["describe"]
    assert all(each.method == "GET" for each in OPERATIONS if each.permission is None)
    assert all(each.permission for each in WITHIN)


@pytest.fixture
def unchanged(world: World):
    """Nothing in the database differs at the end, the audit trail included."""
    before = world.digest()
    yield
    assert world.digest() == before


class Asking:
    """Makes the example of an operation, with a key of a name or other headers."""

    def __init__(self, world: World, server: RunningServer) -> None:
        self._world = world
        self._server = server
        self._session = requests.Session()

    def __call__(
        self, operation: Operation, key: str | None, *, workspace: str = "", **headers: str
    ) -> requests.Response:
        example = EXAMPLES[operation.name]
        given = {} if key is None else self._world.key(key)
        if operation.versioned:
            given |= {"If-Match": "*"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(
            operation.method,
            self._server.base_url
            + address(operation, self._world, **({"workspace": workspace} if workspace else {})),
            json=example.body,
            headers={name: value for name, value in given.items() if value},
        )


@pytest.fixture(scope="module")
def ask(world: World, server: RunningServer) -> Asking:
    """See ``Asking``."""
    return Asking(world, server)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", KEYED, ids=named)
def test_without_a_good_key(operation: Operation, ask: Asking):
    """No key, another scheme, and keys that are unknown, revoked or expired: 401, in the same words."""
    asked = ask(operation, None)
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"] == 'Bearer realm="remint"'
    told = set()
    for key in ("unknown", "revoked", "expired"):
        answer = ask(operation, key)
        assert answer.status_code == 401, answer.text
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        told.add(answer.json()["detail"])
    assert len(told) == 1
    assert ask(operation, None, Authorization="Basic cm9vdDpyb290").status_code == 401


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", WITHIN, ids=named)
def test_a_key_of_another_workspace(operation: Operation, ask: Asking, world: World):
    """404, in the very words for a workspace that does not exist."""
    answer = ask(operation, "other")
    nowhere = ask(operation, "other", workspace="999999")
    assert (answer.status_code, nowhere.status_code) == (404, 404), answer.text
    number = address(operation, world).split("/")[4]
    assert answer.json()["detail"] == f"there is no workspace {number}"
    assert nowhere.json()["detail"] == "there is no workspace 999999"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", PERMITTED, ids=named)
def test_a_key_without_the_permission(operation: Operation, ask: Asking):
    """403, which names the permission: of a key for the installation, and of one for the workspace."""
    keys = [f"root without {operation.permission}"]
    if operation in WITHIN and operation.permission not in INSTALLATION_WIDE:
        keys.append(f"acme without {operation.permission}")
    for key in keys:
        answer = ask(operation, key)
        assert answer.status_code == 403, answer.text
        assert answer.json()["permission"] == operation.permission
        assert f'scope="{operation.permission}"' in answer.headers["WWW-Authenticate"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", [each for each in PERMITTED if each not in WITHIN], ids=named)
def test_a_key_of_a_workspace_where_the_installation_is_meant(operation: Operation, ask: Asking):
    """403: what concerns the whole installation is not for a key that is bound to a workspace."""
    assert ask(operation, "acme").status_code == 403


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", BELOW, ids=named)
def test_an_id_of_another_workspace(operation: Operation, ask: Asking, world: World):
    """404: what is in one workspace is not found beneath another, whatever the key may do."""
    answer = ask(operation, "root", workspace=world.ids["other"])
    assert answer.status_code == 404, answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", NAMING, ids=named)
def test_an_id_of_nothing(operation: Operation, world: World, server: RunningServer):
    """404, for each part of the path that names something, if there is no such thing."""
    names = re.findall(r"{(\w+)}", operation.path)
    for unknown in names:
        path = address(operation, world, **{unknown: UNKNOWN.get(unknown, "424242")})
        answer = requests.request(
            operation.method,
            server.base_url + path,
            json=EXAMPLES[operation.name].body,
            headers=world.key("root") | ({"If-Match": "*"} if operation.versioned else {}),
        )
        assert answer.status_code == 404, answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", VERSIONED, ids=named)
def test_a_stale_version(operation: Operation, ask: Asking):
    """412, for a version that was, and for an entity tag that never was."""
    for tag in ('"v999"', 'W/"v1"', '"something"'):
        answer = ask(operation, "root", If_Match=tag)
        assert answer.status_code == 412, answer.text
        assert answer.json()["type"] == "urn:remint:problem:stale_version"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "operation", [each for each in VERSIONED if each.versioned == "required"], ids=named
)
def test_a_missing_version(operation: Operation, ask: Asking):
    """428, where a change could overwrite somebody else's."""
    answer = ask(operation, "root", If_Match="")
    assert answer.status_code == 428, answer.text
    assert answer.json()["field"] == "If-Match"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.request is not None], ids=named
)
def test_an_unknown_field(operation: Operation, world: World, server: RunningServer):
    """422, which names the field: a slip of the pen is not passed over."""
    answer = requests.request(
        operation.method,
        server.base_url + address(operation, world),
        json={**(EXAMPLES[operation.name].body or {}), "nmae": 1},
        headers=world.key("root") | {"If-Match": "*"},
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == "nmae"
