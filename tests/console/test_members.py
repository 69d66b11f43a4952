"""Members: invited by a link, given another role, removed."""

from __future__ import annotations

import pytest

from tests.console.browser import NARROW
from tests.console.login import log_in
from tests.console.people import PASSWORD
from tests.console.visitor import Visitor

HERE = "/console/workspaces/1/members"


@pytest.fixture
def owner(server, workshop):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(workshop.owner.email, workshop.owner.password).status_code == 303
    return visitor


def row(page, text):
    return page.get_by_role("row").filter(has_text=text)


def test_inviting_somebody(as_owner, profiles, axe):
    """An owner copies a link once; who follows it makes an account and is in, with that role."""
    page = as_owner
    page.goto(HERE)
    page.get_by_role("link", name="Invite somebody").click()
    axe(page)
    page.get_by_label("E-mail address").fill("dorothy@acme.example")
    page.get_by_label("Viewer").check()
    page.get_by_role("button", name="Make the link").click()
    page.get_by_text("Shown once").wait_for()
    axe(page)
    link = page.get_by_role("textbox", name="Invitation link").input_value()
    assert "/console/invitation#remint_iv_" in link
    page.get_by_role("link", name="I have copied it").click()
    assert row(page, "dorothy@acme.example").get_by_text("Viewer").is_visible()
    assert link not in page.content()

    guest = profiles().page()
    guest.goto(link)
    guest.get_by_label("Name").fill("Dorothy Vaughan")
    guest.get_by_label("New password").fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    guest.get_by_role("link", name="Dorothy Vaughan").wait_for()
    guest.goto(HERE)
    assert row(guest, "Dorothy Vaughan").get_by_text("(you)").is_visible()
    assert guest.get_by_role("link", name="Invite somebody").count() == 0


def test_an_invitation_that_will_not_do(as_owner, axe):
    """Who is a member already cannot be invited; the form says so and keeps what was typed."""
    page = as_owner
    page.goto(f"{HERE}/invite")
    page.get_by_label("E-mail address").fill("grace@acme.example")
    page.get_by_role("button", name="Make the link").click()
    page.get_by_role("alert").get_by_text("is a member of the workspace already").wait_for()
    assert page.get_by_label("E-mail address").input_value() == "grace@acme.example"
    axe(page)


def test_withdrawing_an_invitation(as_owner):
    """Asked first, an owner withdraws an invitation, and it is gone from the list."""
    page = as_owner
    page.goto(HERE)
    row(page, "katherine@acme.example").get_by_role("link", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    page.get_by_text("The invitation was withdrawn.").wait_for()
    assert row(page, "katherine@acme.example").count() == 0


def test_changing_a_role(as_owner, axe):
    """A role is chosen among three that are explained, and holds at once."""
    page = as_owner
    page.goto(HERE)
    row(page, "Mary Somerville").get_by_role("link", name="Change role").click()
    axe(page)
    page.get_by_label("Developer").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Mary Somerville is now developer.").wait_for()
    assert row(page, "Mary Somerville").get_by_text("Developer").is_visible()


def test_two_owners_on_one_role(as_owner, profiles, workshop):
    """The later of two is told what is there now, and keeps what was chosen; nothing was overwritten."""
    member = f"{HERE}/{workshop.places['member']}"
    later = profiles().page()
    log_in(later, workshop.owner)
    later.goto(member)
    as_owner.goto(member)
    as_owner.get_by_label("Owner", exact=False).first.check()
    as_owner.get_by_role("button", name="Save").click()
    as_owner.get_by_text("is now owner").wait_for()
    later.get_by_label("Viewer").check()
    later.get_by_role("button", name="Save").click()
    told = later.get_by_role("alert")
    told.get_by_text("nothing of yours was saved").wait_for()
    assert told.get_by_text("Role: now Owner").is_visible()
    assert later.get_by_label("Viewer").is_checked()
    later.get_by_role("button", name="Save").click()
    later.get_by_text("is now viewer").wait_for()


def test_the_last_owner_stays(owner, workshop):
    """A workspace cannot lose its last owner: neither by a role nor by removal."""
    form = owner.get(f"{HERE}/1")
    answer = owner.send(form, f"{HERE}/1", role="viewer")
    assert answer.status_code == 422
    assert "is the last owner" in answer.text
    question = owner.get(f"{HERE}/1/remove")
    answer = owner.send(question, f"{HERE}/1/remove")
    assert answer.status_code == 409
    assert "is the last owner" in answer.text


def test_removing_without_scripts(profiles, workshop, axe):
    """Where nothing runs in the browser, and on a small screen, the question is a page of its own."""
    page = profiles(size=NARROW, java_script_enabled=False).page()
    log_in(page, workshop.owner)
    page.goto(HERE)
    row(page, "Grace Hopper").get_by_role("link", name="Remove").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Remove Grace Hopper?"
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("Grace Hopper was removed.").wait_for()
    assert row(page, "Grace Hopper").count() == 0


def test_a_role_that_is_none(owner):
    """What is no role is told at the field; an address that is no number leads nowhere."""
    form = owner.get(f"{HERE}/1")
    answer = owner.send(form, f"{HERE}/1", role="emperor")
    assert answer.status_code == 422
    assert "Choose a role." in answer.text
    assert owner.get(f"{HERE}/x").status_code == 404
    assert owner.get(f"{HERE}/invitations/99/withdraw").status_code == 404
