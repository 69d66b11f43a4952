"""Accounts, as operators see them: changed, disabled, let in again by a link."""

from __future__ import annotations

import pytest

from remint.issuer.people.accounts import find_account
from tests.console.login import log_in
from tests.console.people import PASSWORD, opened
from tests.console.visitor import Visitor

HERE = "/console/accounts"


@pytest.fixture
def operator(server, workshop):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(workshop.owner.email, workshop.owner.password).status_code == 303
    return visitor


def number_of(server, somebody):
    with opened(server) as installation:
        return find_account(installation, somebody.email).id


def test_a_link_to_a_new_password(as_owner, profiles, server, workshop, axe):
    """An operator sends a link; who follows it chooses a password, and logs in by that one."""
    page = as_owner
    page.goto(HERE)
    axe(page)
    row = page.get_by_role("row").filter(has_text=workshop.developer.email)
    row.get_by_role("link", name="Change").click()
    axe(page)
    page.get_by_role("link", name="Link to a new password").click()
    page.get_by_role("dialog").get_by_role("button", name="Make the link").click()
    page.get_by_text("Shown once").wait_for()
    axe(page)
    link = page.get_by_label("Link", exact=True).input_value()
    guest = profiles().page()
    guest.goto(link)
    guest.get_by_label("New password").fill(PASSWORD)
    guest.get_by_role("main").get_by_role("button").first.click()
    guest.wait_for_url(lambda address: "/console/password" not in address)
    visitor = Visitor(server.base_url)
    assert visitor.log_in(workshop.developer.email, PASSWORD).status_code == 303


def test_disabling_ends_sessions(as_owner, profiles, server, workshop):
    """Who is disabled is logged out at once and cannot come back; enabled again, they can."""
    other = profiles().page()
    log_in(other, workshop.stranger)
    account = f"{HERE}/{number_of(server, workshop.stranger)}"
    as_owner.goto(account)
    as_owner.get_by_label("Disabled").check()
    as_owner.get_by_role("button", name="Save").click()
    as_owner.get_by_text("was changed").wait_for()
    other.goto("/console/account")
    assert "/console/login" in other.url
    as_owner.goto(account)
    assert as_owner.get_by_role("link", name="Link to a new password").count() == 0
    as_owner.get_by_label("Disabled").uncheck()
    as_owner.get_by_role("button", name="Save").click()
    as_owner.get_by_text("was changed").wait_for()
    log_in(other, workshop.stranger)


def test_the_last_operator_stays(operator, server, workshop):
    """Nobody can take away the last operator, by any of the two ways."""
    address = f"{HERE}/{number_of(server, workshop.owner)}"
    page = operator.get(address)
    for given in ({}, {"operator": "on", "disabled": "on"}):
        answer = operator.send(page, address, name="Ada Lovelace", **given)
        assert answer.status_code == 422
        assert "operator" in answer.text.partition('role="alert"')[2].partition("</div>")[0]


def test_two_operators_on_one_account(operator, server, workshop):
    """The later of two is told what is there now."""
    address = f"{HERE}/{number_of(server, workshop.viewer)}"
    first, second = operator.get(address), operator.get(address)
    assert operator.send(first, address, name="M. Somerville").status_code == 303
    late = operator.send(second, address, name="Mary S.", operator="on")
    assert late.status_code == 412
    assert "<code>M. Somerville</code>" in late.text
    assert "<code>no</code>" in late.text
    with opened(server) as installation:
        assert not find_account(installation, workshop.viewer.email).operator


def test_only_operators(server, workshop):
    """An owner of a workspace has no say in accounts."""
    stranger = Visitor(server.base_url)
    stranger.log_in(workshop.stranger.email, workshop.stranger.password)
    assert stranger.get(HERE).status_code == 403
    assert stranger.get(f"{HERE}/1").status_code == 403
    assert stranger.get(f"{HERE}/1/link").status_code == 403


def test_an_account_that_is_not_there(operator):
    """A number that no account has leads nowhere."""
    assert operator.get(f"{HERE}/999").status_code == 404
