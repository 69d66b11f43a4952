"""The audit trail on a page and as a file."""

from __future__ import annotations

import json

import pytest

from remint.store.protocols import AuditEvent
from tests.console.people import opened
from tests.console.visitor import Visitor

HERE = "/console/workspaces/1/audit"
EVERYWHERE = "/console/audit"


def visitor_of(server, somebody):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(somebody.email, somebody.password).status_code == 303
    return visitor


@pytest.fixture
def owner(server, workshop):
    return visitor_of(server, workshop.owner)


def test_looking_for_an_alarm(as_owner, axe, workshop):
    """A replay stands out; a click leads from it to the grant, and from there back to what happened."""
    page = as_owner
    page.goto(HERE)
    axe(page)
    page.get_by_label("Event").select_option("reuse detected")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text="An old refresh token was replayed").first
    row.get_by_text("Details").click()
    assert '"presented"' in row.inner_text()
    row.get_by_role("link", name="grant").click()
    page.get_by_text("An old refresh token was replayed").wait_for()
    assert "/grants/" in page.url
    axe(page)


def test_nothing_like_that(as_owner, axe):
    """Where nothing fits, the page says so and leads back to all of it."""
    page = as_owner
    page.goto(HERE)
    page.get_by_label("By whom").fill("nobody@nowhere.example")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("Nothing like that happened").wait_for()
    axe(page)
    page.get_by_role("main").get_by_role("link", name="All of it").first.click()
    page.get_by_role("table").wait_for()


@pytest.mark.parametrize(
    "query, field",
    [
        ("event=nonsense", "event"),
        ("since=yesterday", "since"),
        ("until=2026-02-30", "until"),
        ("grant=xyz", "grant"),
        ("app=nobody", "app"),
    ],
)
def test_a_filter_that_will_not_do(owner, query, field):
    """What cannot be searched for is told at its field, and the rest of the page stays."""
    answer = owner.get(f"{HERE}?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'href="#f-{field}"' in answer.text or field == "event"


def test_it_goes_on_page_by_page(owner, server):
    """Newest first, fifty at a time, each event on one page only."""
    with opened(server) as installation:
        now_ms = installation.clock.now_ms()
        events = [
            AuditEvent(now_ms, "user_created", detail={"username": f"u{number}"}, workspace_id=1)
            for number in range(120)
        ]
        installation.trail.record(events)
    seen, address = [], f"{HERE}?event=user_created"
    while address:
        page = owner.get(address).text
        seen += [int(each.partition(".")[0]) for each in page.split("Made the user u")[1:]]
        rest, found, _ = page.partition('rel="next"')
        link = rest.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        address = link if found else ""
    assert seen[:120] == sorted(seen[:120], reverse=True)
    assert sorted(seen) == list(range(120))
    assert owner.get(f"{HERE}?before=x").status_code == 404


def test_it_is_taken_along(owner):
    """The export is JSON lines, of what was searched for, as a file."""
    answer = owner.get(f"{HERE}.jsonl?event=app_created")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {line["event"] for line in lines} == {"app_created"}
    assert {line["workspace"] for line in lines} == {1}
    assert owner.get(f"{HERE}.jsonl?event=nonsense").status_code == 400


def test_each_to_their_own(server, workshop):
    """A workspace's trail is its members'; the whole installation's is the operators'."""
    viewer = visitor_of(server, workshop.viewer)
    assert viewer.get(HERE).status_code == 200
    assert viewer.get(EVERYWHERE).status_code == 403
    assert viewer.get(f"{EVERYWHERE}.jsonl").status_code == 403
    stranger = visitor_of(server, workshop.stranger)
    assert stranger.get(HERE).status_code == 404
    operator = visitor_of(server, workshop.owner)
    made = "Made the workspace Bergmann Foods."
    assert made in operator.get(f"{EVERYWHERE}?event=workspace_created").text
    assert made not in operator.get(f"{HERE}?event=workspace_created").text


def test_no_line_of_it_is_a_secret(owner):
    """Nothing on the page or in the file looks like a credential."""
    for address in (HERE, f"{EVERYWHERE}.jsonl"):
        assert "remint_" not in owner.get(address).text.replace(
            "remint_iv_\N{HORIZONTAL ELLIPSIS}", ""
        )
