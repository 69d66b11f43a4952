"""The choice of a workspace, its overview and its settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remint.issuer.installation import Installation
from remint.issuer.tenants.workspaces import create_workspace
from remint.store.records import Workspace
from tests.console.people import opened
from tests.console.visitor import Visitor, logged_in, words
from tests.servers import RunningServer


@pytest.fixture(scope="module")
def installation(server: RunningServer) -> Iterator[Installation]:
    """The server's installation, as a command has it."""
    with opened(server) as its:
        yield its


@pytest.fixture
def owner(server, workshop) -> Visitor:
    """Owner of one workspace, and an operator."""
    return logged_in(server, workshop.owner)


@pytest.fixture
def fresh(installation: Installation, request: pytest.FixtureRequest) -> Workspace:
    """A workspace with nothing in it, called as the test."""
    return create_workspace(installation, request.node.name[:80])


def at(workspace: Workspace, rest: str = "") -> str:
    return f"/console/workspaces/{workspace.id}{rest}"


def test_everybody_sees_the_workspaces_that_they_have_a_part_in(server, workshop):
    """A member sees their own with its development workspaces and their role; an operator all of them."""
    developer = words(logged_in(server, workshop.developer).get("/console/workspaces"))
    assert "Acme Retail (test)" in developer
    assert "developer" in developer
    assert "Bergmann Foods" not in developer
    assert "Make a workspace" not in developer
    assert "Bergmann Foods" in words(logged_in(server, workshop.owner).get("/console/workspaces"))


def test_an_operator_makes_a_workspace_and_is_led_to_what_comes_next(owner):
    """Its overview is empty, and says what to do: create a custom app."""
    form = owner.get("/console/workspaces")
    answer = owner.send(form, "/console/workspaces", name="Cormorant")
    page = owner.follow(answer)
    assert "Nothing renews here yet" in words(page)
    assert f"{answer.headers['location']}/apps/new" in page.text
    again = owner.send(form, "/console/workspaces", name="Cormorant")
    assert (again.status_code, "exists already" in words(again)) == (422, True)


@pytest.mark.parametrize("span", ["day", "week", "month", "century"])
def test_the_overview_tells_of_any_stretch(owner, workshop, span):
    """A stretch that there is not is the usual one."""
    page = owner.get(f"/console/workspaces/{workshop.places['workspace']}?span={span}")
    assert page.status_code == 200
    assert "Renewals by outcome" in words(page)


def test_what_wants_a_look_leads_to_it(owner, workshop):
    """The grant whose old token came back is one click away, and so is the app that stands still."""
    page = owner.get(f"/console/workspaces/{workshop.places['workspace']}")
    assert "An old refresh token came back" in words(page)
    assert f"/grants/{workshop.places['grant']}" in page.text


def test_a_workspace_is_renamed_unless_somebody_was_faster(owner, fresh, installation):
    """The later of two is told what it is called by now, and their own name stands in the field."""
    form = owner.get(at(fresh, "/settings"))
    owner.send(form, at(fresh, "/settings"), name="First come")
    late = owner.send(form, at(fresh, "/settings"), name="Second come")
    assert late.status_code == 412
    assert "Name: now First come" in words(late)
    assert 'value="Second come"' in late.text
    assert installation.workspaces.numbered(fresh.id).name == "First come"
    again = owner.send(late, at(fresh, "/settings"), name="Second come")
    assert "It is called Second come now" in words(owner.follow(again))


def test_a_development_workspace_is_made_and_closed_by_its_name(owner, fresh, installation):
    """It belongs to the one that it was made in; closed, it is gone, and one is back at its parent."""
    form = owner.get(at(fresh, "/settings"))
    address = at(fresh, "/settings/development")
    made = owner.send(form, address, development="Sandpit")
    [child] = installation.workspaces.open(fresh.id)
    assert made.headers["location"] == at(child)
    asked = owner.get(at(child, "/settings/close"))
    wrong = owner.send(asked, at(child, "/settings/close"), phrase="Sandpits")
    assert wrong.status_code == 422
    closed = owner.send(asked, at(child, "/settings/close"), phrase="Sandpit")
    assert closed.headers["location"] == at(fresh)
    assert owner.get(at(child)).status_code == 404


def test_a_development_workspace_that_cannot_be_is_told_at_its_own_field(owner, fresh):
    """The name above is left alone: there are two forms on the page."""
    form = owner.get(at(fresh, "/settings"))
    answer = owner.send(form, at(fresh, "/settings/development"), development=" ")
    assert answer.status_code == 422
    assert 'id="f-development-error"' in answer.text
    assert 'id="f-name-error"' not in answer.text


def test_everything_in_a_workspace_is_revoked_only_by_its_name(owner, fresh, installation):
    """A slip of the pen leaves the workspace's epoch as it was; the name raises it."""
    asked = owner.get(at(fresh, "/settings/revoke"))
    assert owner.send(asked, at(fresh, "/settings/revoke"), phrase="no").status_code == 422
    assert installation.workspaces.numbered(fresh.id).epoch == fresh.epoch
    owner.send(asked, at(fresh, "/settings/revoke"), phrase=fresh.name)
    assert installation.workspaces.numbered(fresh.id).epoch == fresh.epoch + 1
