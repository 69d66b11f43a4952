"""Lists come in pages that stay put while others add to them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from remint.issuer.admin import OPERATIONS
from remint.issuer.admin.operation import Operation
from tests.admin.examples import EXAMPLES, address
from tests.admin.world import World
from tests.servers import RunningServer

PAGED = [each for each in OPERATIONS if "cursor" in getattr(each.query, "__struct_fields__", ())]


class Lists:
    """Reads lists, and adds companies to one."""

    def __init__(self, world: World, server: RunningServer) -> None:
        self._world = world
        self.base_url = server.base_url
        self._session = requests.Session()
        self._session.headers.update(world.key("root"))

    def get(self, operation: Operation, **query: Any) -> requests.Response:
        path = address(operation, self._world).partition("?")[0]
        filters = {k: v for k, v in EXAMPLES[operation.name].query.items() if k != "limit"}
        return self._session.get(self.base_url + path, params={**filters, **query})

    def follow(self, url: str) -> requests.Response:
        return self._session.get(self.base_url + url)

    def add_company(self, number: int) -> None:
        path = f"/admin/v1/workspaces/{self._world.ids['workspace']}/companies"
        body = {"number": number, "name": f"Company {number}"}
        assert self._session.post(self.base_url + path, json=body).status_code == 201


@pytest.fixture(scope="module")
def lists(world: World, server: RunningServer) -> Lists:
    """See ``Lists``."""
    return Lists(world, server)


def operation_named(name: str) -> Operation:
    return next(each for each in OPERATIONS if each.name == name)


def test_every_list_that_may_grow_is_paged():
    """A list without pages is one that is short by its nature."""
    lists = {each.name for each in OPERATIONS if each.name.startswith("list_")}
    short = {"list_secrets", "list_dialects", "list_policies", "list_keys"}
    assert lists - short == {each.name for each in PAGED}


@pytest.mark.parametrize("operation", PAGED, ids=lambda each: each.name)
def test_pages_put_together_are_the_list(operation: Operation, lists: Lists):
    """Page by page of one item each, by cursor or by link, what comes is the list: each item once."""
    whole = lists.get(operation, limit=200).json()
    assert whole["next"] is None
    items, cursor = [], None
    while True:
        answer = lists.get(operation, limit=1, **({"cursor": cursor} if cursor else {}))
        page = answer.json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            assert "Link" not in answer.headers
            break
        followed = lists.follow(answer.links["next"]["url"]).json()
        assert followed == lists.get(operation, limit=1, cursor=cursor).json()
    assert items == whole["items"]


def test_pages_stay_put_while_items_are_added(lists: Lists):
    """What was there when the reading began comes exactly once, whatever is added meanwhile."""
    companies = operation_named("list_companies")
    for number in range(100, 106):
        lists.add_company(number)
    seen: list[int] = []
    cursor = None
    added = iter(range(200, 300))
    while True:
        page = lists.get(
            companies, limit=2, query="company 10", **({"cursor": cursor} if cursor else {})
        ).json()
        seen += [each["number"] for each in page["items"]]
        lists.add_company(next(added))
        if (cursor := page["next"]) is None:
            break
    assert seen == list(range(100, 106))


@pytest.mark.parametrize("operation", PAGED, ids=lambda each: each.name)
def test_what_is_no_cursor_is_refused(operation: Operation, lists: Lists):
    """422 that names the cursor: for garbage, for the cursor of another list, for one that was changed."""
    foreign = base64.urlsafe_b64encode(b'["elsewhere","1"]').decode().rstrip("=")
    for cursor in ("x", "!!!", "e30", foreign, "WyJjb21wYW5pZXMiLCJ4Il0", "é"):
        answer = lists.get(operation, cursor=cursor)
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.0", "ten", "", "1e1", "٥"])
def test_a_limit_out_of_bounds_is_refused(lists: Lists, limit: str):
    """A page has from 1 to 200 items; the refusal names the field."""
    answer = lists.get(operation_named("list_apps"), limit=limit)
    assert answer.status_code == 422
    assert answer.json()["field"] == "limit"
