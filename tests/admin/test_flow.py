"""The contract's steps by HTTP: from nothing to a renewal whose token says which channel it is of."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
import requests

from tests.admin.world import World
from tests.servers import RunningServer


class Api:
    """Calls the admin API with a key."""

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        self.base_url = base_url
        self._headers = headers

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("/admin/") else f"/admin/v1{path}"
        return requests.request(
            method,
            self.base_url + url,
            json=body,
            headers={**self._headers, **given},
            timeout=30,
        )


@pytest.fixture(scope="module")
def api(world: World, server: RunningServer) -> Api:
    """With a key for everything."""
    return Api(server.base_url, world.key("root"))


@pytest.fixture(scope="module")
def bound(world: World, server: RunningServer) -> Api:
    """With a key of the workspace."""
    return Api(server.base_url, world.key("acme"))


def renewed(base_url: str, client_secret: str, told: dict[str, Any]) -> dict[str, Any]:
    """The claims of the access token that a renewal in the dialect ``eshopbox`` brings."""
    answer = requests.post(
        f"{base_url}/api/v1/generateToken",
        json={
            "grant_type": "refresh_token",
            "client_id": told["client_id"],
            "client_secret": client_secret,
            "refresh_token": told["refresh_token"],
        },
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    payload = answer.json()["access_token"].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def renewed_with(
    base_url: str, client_secret: str, told: dict[str, Any], claim: str
) -> dict[str, Any]:
    """The same, when the server has taken note of a change: within a second, as the docs say."""
    for _ in range(20):
        claims = renewed(base_url, client_secret, told)
        if claim in claims:
            break
        time.sleep(0.25)
    return claims


@pytest.mark.parametrize(
    "where", [{}, {"development_workspace": "Flow trial"}], ids=["here", "new"]
)
def test_describe_install_copy_and_turn_into_a_sales_channel(
    bound: Api, world: World, where: dict[str, str]
):
    """Create, install here or in a new development workspace, copy, choose the field, renew."""
    apps = f"/workspaces/{world.ids['workspace']}/apps"
    made = bound("POST", apps, {"name": f"Flow {len(where)}", "dialect": "eshopbox"})
    app = made.headers["Location"]
    secret = made.json()["client_secret"]
    installed = bound("POST", f"{app}/installations", where)
    assert installed.status_code == 201, installed.text
    assert "sales_channel" not in renewed(bound.base_url, secret, installed.json())
    version = bound("GET", app).headers["ETag"]
    channel = bound("PUT", f"{app}/sales-channel", {"product_identifier": "ean"}, If_Match=version)
    code = channel.json()["sales_channel"]["code"]
    assert code == f"FLOW-{len(where)}"
    claims = renewed_with(bound.base_url, secret, installed.json(), "sales_channel")
    assert (claims["sales_channel"], claims["product_identifier"]) == (code, "ean")
    assert claims["workspace"] == str(installed.json()["workspace"])
    assert claims["sub"] == installed.json()["subject"]
    again = bound("POST", f"{app}/installations/{installed.json()['id']}/refresh-tokens")
    assert renewed(bound.base_url, secret, again.json())["sub"] == installed.json()["subject"]


def test_the_later_of_two_writers_is_told(api: Api, world: World):
    """Two read the same version: the second change is 412, and the first one stays."""
    path = f"/workspaces/{world.ids['workspace']}/apps/spare"
    version = api("GET", path).headers["ETag"]
    first = api("PATCH", path, {"name": "First"}, If_Match=version)
    second = api("PATCH", path, {"name": "Second"}, If_Match=version)
    assert (first.status_code, second.status_code) == (200, 412)
    assert api("GET", path).json()["name"] == "First"
    assert first.headers["ETag"] != version
    assert api("PATCH", path, {"name": "Third"}, If_Match=first.headers["ETag"]).status_code == 200


def test_a_new_secret_raises_the_version_of_its_app(api: Api, world: World):
    """Whoever changes an app after its secrets changed is told, and so is who makes a secret."""
    path = f"/workspaces/{world.ids['workspace']}/apps/spare"
    version = api("GET", path).headers["ETag"]
    made = api("POST", f"{path}/secrets", {}, If_Match=version)
    assert made.status_code == 201
    assert made.json()["client_secret"].startswith("remint_cs_")
    assert api("PATCH", path, {"name": "Late"}, If_Match=version).status_code == 412
    assert api("POST", f"{path}/secrets", {}, If_Match=version).status_code == 412
    hints = [each["hint"] for each in api("GET", f"{path}/secrets").json()["items"]]
    assert made.json()["client_secret"][-4:] in hints


def test_what_is_unchanged_is_not_sent_again(api: Api, world: World):
    """304 for the version that the caller has, whether strong, weak or one of several."""
    path = f"/workspaces/{world.ids['workspace']}"
    tag = api("GET", path).headers["ETag"]
    for had in (tag, f"W/{tag}", f'"v999", {tag}', "*"):
        answer = api("GET", path, If_None_Match=had)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
    assert api("GET", path, If_None_Match='"v999"').status_code == 200


def test_a_company_of_another_workspace_is_no_company(api: Api, world: World):
    """An id in a body is looked up in the workspace, too: 422 that names the field."""
    other = api("POST", f"/workspaces/{world.ids['other']}/companies", {"number": 5, "name": "X"})
    body = {"username": "eve@example.com", "company": other.json()["id"]}
    answer = api("POST", f"/workspaces/{world.ids['workspace']}/users", body)
    assert (answer.status_code, answer.json()["field"]) == (422, "company")


def test_an_app_is_not_installed_in_somebody_elses_workspace(bound: Api, world: World):
    """404, as for one that does not exist."""
    path = f"/workspaces/{world.ids['workspace']}/apps/spare/installations"
    answers = [
        bound("POST", path, {"workspace": int(number)}) for number in (world.ids["other"], "999")
    ]
    assert [each.status_code for each in answers] == [404, 404]


def test_a_key_of_a_workspace_reaches_its_development_workspaces(
    bound: Api, api: Api, world: World
):
    """It sees those, may work in them, and sees no others."""
    seen = {each["id"] for each in bound("GET", "/workspaces").json()["items"]}
    assert {int(world.ids["workspace"]), int(world.ids["development"])} <= seen
    assert int(world.ids["other"]) not in seen
    body = {"name": "Inside", "dialect": "oauth2"}
    answer = bound("POST", f"/workspaces/{world.ids['development']}/apps", body)
    assert answer.status_code == 201
    everything = {each["id"] for each in api("GET", "/workspaces").json()["items"]}
    assert seen < everything


def test_a_key_of_a_development_workspace_stays_in_it(
    api: Api, server: RunningServer, world: World
):
    """The workspace that it belongs to is not there for it."""
    keys = f"/workspaces/{world.ids['development']}/admin-keys"
    made = api("POST", keys, {"name": "inside", "scopes": ["workspaces:read"]}).json()["key"]
    inside = Api(server.base_url, {"Authorization": f"Bearer {made}"})
    assert inside("GET", f"/workspaces/{world.ids['development']}").status_code == 200
    assert inside("GET", f"/workspaces/{world.ids['workspace']}").status_code == 404
    seen = inside("GET", "/workspaces").json()["items"]
    assert [each["id"] for each in seen] == [int(world.ids["development"])]


def test_a_key_is_given_no_more_than_its_maker_may(api: Api, server: RunningServer, world: World):
    """A key without a permission cannot make one that has it, and none for another workspace."""
    keys = f"/workspaces/{world.ids['workspace']}/admin-keys"
    made = api("POST", keys, {"name": "maker", "scopes": ["admin-keys:write"]}).json()["key"]
    maker = Api(server.base_url, {"Authorization": f"Bearer {made}"})
    answer = maker("POST", keys, {"name": "more", "scopes": ["apps:write"]})
    assert (answer.status_code, answer.json()["permission"]) == (403, "apps:write")
    assert maker("POST", "/admin-keys", {"name": "x", "scopes": ["apps:read"]}).status_code == 403
    assert maker("POST", keys, {"name": "same", "scopes": ["admin-keys:write"]}).status_code == 201
    mine = maker("GET", "/caller").json()
    assert mine["scopes"] == ["admin-keys:write"]
    assert mine["workspace"] == int(world.ids["workspace"])


def test_revoking_by_app_holds_from_the_next_renewal(api: Api, world: World):
    """What was granted to the app before is refused, and what is granted after is good."""
    apps = f"/workspaces/{world.ids['workspace']}/apps"
    made = api("POST", apps, {"name": "Short lived", "dialect": "eshopbox"})
    app, secret = made.headers["Location"], made.json()["client_secret"]
    before = api("POST", f"{app}/grants", {"subject": "user-9"}).json()
    assert api("POST", f"{app}/revoke-grants").status_code == 204
    grant = f"/workspaces/{world.ids['workspace']}/grants/{before['grant']}"
    assert api("GET", grant).json()["state"] == "revoked"
    with pytest.raises(AssertionError, match="invalid_grant"):
        renewed(api.base_url, secret, before)
    after = api("POST", f"{app}/grants", {"subject": "user-9"}).json()
    assert renewed(api.base_url, secret, after)["sub"] == "user-9"


def test_the_audit_trail_comes_as_json_lines(api: Api, world: World):
    """Each line is an event of the workspace, oldest first; the list has the same, newest first."""
    path = f"/workspaces/{world.ids['workspace']}/audit"
    answer = api("GET", f"{path}.jsonl?event=app_created")
    assert answer.headers["Content-Type"] == "application/jsonl"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    listed = api("GET", f"{path}?event=app_created&limit=200").json()["items"]
    assert [each["id"] for each in lines] == [each["id"] for each in reversed(listed)]
    assert {each["workspace"] for each in lines} == {int(world.ids["workspace"])}
    known = {(each["actor"].partition(" (")[2], each["origin"]) for each in lines}
    assert ("root)", "127.0.0.1") in known


def test_an_id_with_a_slash_is_found(api: Api, world: World):
    """Client ids come from elsewhere, too: one with a slash travels percent-encoded."""
    apps = f"/workspaces/{world.ids['workspace']}/apps"
    body = {"name": "Sliced", "dialect": "oauth2", "client_id": "a/b c?d"}
    made = api("POST", apps, body)
    assert made.headers["Location"].endswith("/apps/a%2Fb%20c%3Fd")
    assert api("GET", made.headers["Location"]).json()["client_id"] == "a/b c?d"
