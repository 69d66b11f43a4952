"""Admin keys: made with what they may do, shown once, revoked."""

from __future__ import annotations

import httpx2
import pytest

from tests.console.visitor import Visitor

HERE = "/console/workspaces/1/admin-keys"
EVERYWHERE = "/console/admin-keys"


def visitor_of(server, somebody):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(somebody.email, somebody.password).status_code == 303
    return visitor


def asked(server, key, path):
    address = f"{server.base_url}/admin/v1{path}"
    return httpx2.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=20).status_code


def test_making_and_revoking_a_key(as_owner, server, axe):
    """A key is shown once and works until it is revoked; it may do what was ticked, and no more."""
    page = as_owner
    page.goto(HERE)
    page.get_by_role("link", name="Make a key").click()
    axe(page)
    page.get_by_role("textbox", name="Name").fill("Nightly report")
    page.get_by_label("apps:read").check()
    page.get_by_label("workspaces:read").check()
    page.get_by_label("Good for").select_option("a year")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_text("Shown once").wait_for()
    axe(page)
    key = page.get_by_label("Admin key", exact=True).input_value()
    assert asked(server, key, "/workspaces/1") == 200
    assert asked(server, key, "/workspaces/1/members") == 403
    assert key in page.get_by_role("group", name="Try it").inner_text()
    page.get_by_role("link", name="I have copied it").click()
    axe(page)
    assert key not in page.content()
    row = page.get_by_role("row").filter(has_text="Nightly report")
    assert key[-4:] in row.inner_text()
    row.get_by_role("link", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("The key was revoked.").wait_for()
    assert row.get_by_text("Revoked").is_visible()
    assert asked(server, key, "/workspaces/1") == 401


def test_a_key_without_a_scope(as_owner, axe):
    """A key that may do nothing is refused at the field, and what was typed stays."""
    page = as_owner
    page.goto(f"{HERE}/new")
    page.get_by_role("textbox", name="Name").fill("Idle")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("alert").get_by_text("A key without a scope is no use").wait_for()
    assert page.get_by_role("textbox", name="Name").input_value() == "Idle"
    axe(page)


@pytest.mark.parametrize("days", ["0", "x", "99999"])
def test_days_that_will_not_do(server, workshop, days):
    """How long is told to be wrong at its field."""
    owner = visitor_of(server, workshop.owner)
    form = owner.get(f"{HERE}/new")
    sent = {"name": "Odd", "scopes": "apps:read", "days": days}
    answer = owner.send(form, f"{HERE}/new", **sent)
    assert answer.status_code == 422
    assert 'id="f-days-error"' in answer.text


def test_a_key_for_the_whole_installation(server, workshop):
    """An operator makes a key that works in every workspace, listed in a place of its own."""
    owner = visitor_of(server, workshop.owner)
    form = owner.get(f"{EVERYWHERE}/new")
    assert "keys:write" in form.text
    sent = {"name": "Watchman", "scopes": ["workspaces:read", "accounts:read"], "days": ""}
    made = owner.send(form, f"{EVERYWHERE}/new", **sent)
    assert made.status_code == 200
    key = made.text.partition('id="key" value="')[2].partition('"')[0]
    assert asked(server, key, "/workspaces") == 200
    assert "Watchman" in owner.get(EVERYWHERE).text
    assert "Watchman" not in owner.get(HERE).text


def test_nobody_gives_what_they_do_not_have(server, workshop):
    """Keys of the installation are for operators; a developer sees none, and makes none."""
    developer = visitor_of(server, workshop.developer)
    assert developer.get(HERE).status_code == 403
    assert developer.get(EVERYWHERE).status_code == 403
    stranger = visitor_of(server, workshop.stranger)
    assert stranger.get(HERE).status_code == 404
    own = stranger.get("/console/workspaces/2/admin-keys/new")
    assert "accounts:read" not in own.text
    sent = {"name": "Thief", "scopes": "accounts:read", "days": "30"}
    answer = stranger.send(own, "/console/workspaces/2/admin-keys/new", **sent)
    assert answer.status_code == 422


def test_a_key_that_is_not_there(server, workshop):
    """A key of another workspace is not there to be revoked."""
    owner = visitor_of(server, workshop.owner)
    assert owner.get(f"{HERE}/999/revoke").status_code == 404
    assert (
        owner.get(f"/console/workspaces/2/admin-keys/{workshop.places['key']}/revoke").status_code
        == 404
    )
