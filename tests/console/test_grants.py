"""Grants: found, looked into, revoked."""

from __future__ import annotations

import pytest

from remint.issuer.grants.grants import issue_for
from tests.console.browser import NARROW
from tests.console.login import log_in
from tests.console.people import opened
from tests.console.visitor import Visitor

HERE = "/console/workspaces/1/grants"


@pytest.fixture
def owner(server, workshop):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(workshop.owner.email, workshop.owner.password).status_code == 303
    return visitor


@pytest.fixture
def grant(server, workshop):
    """A grant of one test's own, by its id."""
    with opened(server) as installation:
        app = installation.catalogue.app(workshop.places["client_id"])
        return issue_for(installation, app, "customer-of-a-test").held.grant.id.hex()


def search(page, text):
    page.goto(HERE)
    page.get_by_label("Subject, client id or grant id").fill(text)
    page.get_by_role("button", name="Search").click()


def test_finding_a_grant(as_owner, axe, grant, workshop):
    """One box takes a subject, a client id or a grant's id; the last leads to the grant itself."""
    page = as_owner
    page.goto(HERE)
    axe(page)
    search(page, "customer-1003")
    page.get_by_role("link", name="customer-1003").wait_for()
    assert page.get_by_role("row").count() == 2
    axe(page)
    search(page, workshop.places["client_id"])
    page.get_by_role("link", name="workspace:1").wait_for()
    assert page.get_by_role("link", name="customer-1003").count() == 0
    search(page, grant)
    page.wait_for_url(f"**/grants/{grant}")
    axe(page)


def test_nothing_found(as_owner, axe):
    """Where nothing fits, the page says what the search takes."""
    search(as_owner, "f" * 32)
    as_owner.get_by_text("No grant like that").wait_for()
    axe(as_owner)


def test_only_an_apps_grants(as_owner):
    """The filter by app leaves that app's, and says how many there are."""
    page = as_owner
    page.goto(HERE)
    page.get_by_label("App", exact=True).select_option("Storefront")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("grants", exact=False).first.wait_for()
    names = page.get_by_role("cell", name="Storefront")
    assert names.count() == page.get_by_role("row").count() - 1


def test_a_replay_is_explained(as_owner, workshop, axe):
    """The grant that a replay ended says so, what it means, and shows its line of events."""
    page = as_owner
    page.goto(f"{HERE}/{workshop.places['grant']}")
    page.get_by_text("An old refresh token was replayed", exact=True).wait_for()
    events = page.get_by_role("list", name="What happened to this grant").get_by_role("listitem")
    assert "was replayed" in events.last.inner_text()
    assert page.get_by_role("link", name="Revoke").count() == 0
    page.get_by_text("The rules that it was made under").click()
    page.get_by_text("Each renewal brings a new refresh token").wait_for()
    axe(page)


def test_revoking_one(as_owner, grant):
    """Asked first, a person revokes a grant; it says so, by whom, and cannot be revoked again."""
    page = as_owner
    page.goto(f"{HERE}/{grant}")
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("The grant was revoked.").wait_for()
    timeline = page.get_by_role("list", name="What happened to this grant")
    assert "ada@acme.example from 127.0.0.1" in timeline.inner_text()
    assert page.get_by_role("link", name="Revoke").count() == 0


def test_revoking_without_scripts(profiles, workshop, grant):
    """Without scripts, on a small screen, the question is a page of its own."""
    page = profiles(size=NARROW, java_script_enabled=False).page()
    log_in(page, workshop.owner)
    page.goto(f"{HERE}/{grant}")
    page.get_by_role("link", name="Revoke").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Revoke this grant?"
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("The grant was revoked.").wait_for()


def test_revoking_everything_of_a_subject(as_owner, server, workshop):
    """All of a subject's grants end at once, and only theirs."""
    with opened(server) as installation:
        app = installation.catalogue.app(workshop.places["client_id"])
        for _ in range(3):
            issue_for(installation, app, "leaver")
        issue_for(installation, app, "stayer")
    page = as_owner
    search(page, "leaver")
    page.get_by_role("link", name="Revoke all of this subject").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke them all").click()
    page.get_by_text("Every grant of leaver was revoked.").wait_for()
    assert page.get_by_role("row").filter(has_text="Revoked").count() == 3
    search(page, "stayer")
    assert page.get_by_role("row").filter(has_text="Active").count() == 1


def test_it_has_to_be_said_whose(owner):
    """Revoking everything of nobody in particular is refused at the field."""
    address = "/console/workspaces/1/subjects/revoke"
    answer = owner.send(owner.get(address), address, subject=" ")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_it_goes_on_page_by_page(owner, server, workshop):
    """Newest first, fifty at a time, each grant on one page only."""
    with opened(server) as installation:
        app = installation.catalogue.app(workshop.places["client_id"])
        made = {issue_for(installation, app, f"page-{n}").held.grant.id.hex() for n in range(60)}
    seen, address = [], f"{HERE}?app={app.client_id}"
    while address:
        page = owner.get(address).text
        seen += [each for each in made if f"/grants/{each}" in page]
        rest, found, _ = page.partition('rel="next"')
        link = rest.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        address = link if found else ""
    assert sorted(seen) == sorted(made)
    assert owner.get(f"{HERE}?cursor=nonsense").status_code == 400


def test_elsewhere(server, workshop, grant):
    """A grant of another workspace is not there."""
    stranger = Visitor(server.base_url)
    stranger.log_in(workshop.stranger.email, workshop.stranger.password)
    assert stranger.get(f"{HERE}/{grant}").status_code == 404
    assert stranger.get(f"/console/workspaces/2/grants/{grant}").status_code == 404


def test_what_an_app_of_the_parent_may_do_here(owner, workshop):
    """A development workspace lists such a grant, narrows its list to that app, shows it and revokes it."""
    there, client_id = "/console/workspaces/3/grants", workshop.places["client_id"]
    for found in (there, f"{there}?app={client_id}", f"{there}?q={client_id}"):
        page = owner.get(found).text
        assert page.count('<tr role="row">') == 2
        assert "Acme Orders" in page
    address = page.partition(f'<a href="{there}/')[2].partition('"')[0]
    own = owner.get(f"{there}/{address}")
    assert f'href="/console/workspaces/1/apps/{client_id}"' in own.text
    revoked = owner.send(own, f"{there}/{address}/revoke")
    assert "The grant was revoked." in owner.follow(revoked).text
    assert "Revoked" in owner.get(there).text


def test_a_viewer_revokes_nothing(server, workshop, grant):
    """Who may only read sees no button, and is refused without one."""
    viewer = Visitor(server.base_url)
    viewer.log_in(workshop.viewer.email, workshop.viewer.password)
    page = viewer.get(f"{HERE}/{grant}")
    assert page.status_code == 200
    assert "/revoke" not in page.text
    assert viewer.get(f"{HERE}/{grant}/revoke").status_code == 403
