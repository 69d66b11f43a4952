"""Workspaces: made, seen by who has a part in them, renamed, closed."""

from __future__ import annotations

import pytest

from remint.errors import ConfigurationError, Conflict, NotFound, StaleVersion
from remint.issuer.actor import Actor
from remint.issuer.apps.apps import AppDraft, create_app, switch
from remint.issuer.apps.installations import install, install_in_development, installed_in
from remint.issuer.grants.grants import state_of
from remint.issuer.people.access import Principal
from remint.issuer.tenants.workspaces import (
    close_workspace,
    create_workspace,
    home_of,
    rename_workspace,
    workspaces,
)
from remint.issuer.tenants.workspaces import workspace as workspace_of
from tests.issuer.apps.conftest import BY_BEN, made
from tests.issuer.people.conftest import told, trail


def test_a_workspace_is_made_with_what_the_trail_says(installation):
    """Of its kind, and in its own trail, with who did it and from where."""
    home = create_workspace(installation, "  Acme  ", actor=BY_BEN)
    assert (home.name, home.kind, home.parent_id, home.version) == ("Acme", "production", None, 1)
    (event,) = trail(installation)
    assert (event.event, event.workspace_id, event.actor, event.origin) == (
        "workspace_created", home.id, "ben@example.com", "192.0.2.7"
    )  # fmt: skip
    with pytest.raises(Conflict, match="'Acme' exists already"):
        create_workspace(installation, "Acme", actor=BY_BEN)


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 101, "\ud800", "a\x00"])
def test_a_name_that_cannot_be_shown_is_refused(installation, name):
    """By the field's name, with what would do."""
    with pytest.raises(ConfigurationError) as caught:
        create_workspace(installation, name)
    assert caught.value.key == "name"
    assert installation.workspaces.all() == []


def test_only_a_development_workspace_has_a_parent_and_that_is_none(installation, workspace):
    """There is one level of them."""
    test = create_workspace(installation, "acme-test", kind="development", parent=workspace)
    assert test.parent_id == workspace.id
    with pytest.raises(Conflict, match="can have none of its own"):
        create_workspace(installation, "deeper", kind="development", parent=test)
    with pytest.raises(Conflict, match="belongs to another one"):
        create_workspace(installation, "orphan", kind="development")
    with pytest.raises(Conflict, match="belongs to another one"):
        create_workspace(installation, "child", parent=workspace)


def test_everybody_sees_what_they_have_a_part_in(installation, workspace):
    """A role in a workspace shows its development workspaces too; an operator sees all."""
    other = create_workspace(installation, "other")
    test = create_workspace(installation, "acme-test", kind="development", parent=workspace)
    member = Principal(Actor("m"), account_id=1, roles={workspace.id: "viewer"})
    operator = Principal(Actor("o"), account_id=2, is_operator=True)
    assert workspaces(installation, member) == [workspace, test]
    assert workspaces(installation, operator) == workspaces(installation)
    assert workspaces(installation) == [workspace, other, test]


def test_a_workspace_is_renamed_by_who_saw_it_last(installation, workspace):
    """Another's rename in between is not overwritten; its id stays."""
    first = rename_workspace(installation, workspace, "Acme Ltd", expected=1)
    with pytest.raises(StaleVersion, match="changed meanwhile"):
        rename_workspace(installation, workspace, "Acme Inc", expected=1)
    assert workspace_of(installation, workspace.id) == first
    assert (first.name, first.version) == ("Acme Ltd", 2)
    create_workspace(installation, "Acme Inc")
    with pytest.raises(Conflict, match="'Acme Inc' exists already"):
        rename_workspace(installation, first, "Acme Inc", expected=2)


def test_closing_ends_all_that_was_granted_in_it(installation, workspace, app):
    """By its own apps and by its parent's; the apps are refused, and the name is free again."""
    parents = install_in_development(installation, app, "acme-test")
    here = parents.workspace
    own = made(installation, here, "Own")
    granted = [
        parents.issued,
        install(installation, own, here).issued,
        install(installation, app, workspace).issued,
    ]
    close_workspace(installation, here, expected=1, actor=BY_BEN)
    now_ms = installation.clock.now_ms()
    found = [installation.ledger.find(each.held.grant.id) for each in granted]
    assert [state_of(held, now_ms).word for held in found] == ["revoked", "revoked", "active"]
    assert installation.catalogue.app(own.client_id).disabled_at
    with pytest.raises(NotFound):
        switch(installation, own, on=True)
    assert installed_in(installation, here) == []
    with pytest.raises(NotFound):
        workspace_of(installation, here.id)
    assert workspaces(installation) == [workspace]
    assert create_workspace(installation, "acme-test", kind="development", parent=workspace)
    assert "workspace_closed" in told(installation)


def test_only_a_development_workspace_is_closed_and_only_once(installation, workspace, app):
    """What is in earnest stays; whoever comes second learns that it is gone."""
    with pytest.raises(Conflict, match="no development workspace"):
        close_workspace(installation, workspace)
    here = install_in_development(installation, app, "acme-test").workspace
    with pytest.raises(StaleVersion):
        close_workspace(installation, here, expected=2)
    close_workspace(installation, here, expected=1)
    with pytest.raises(NotFound):
        close_workspace(installation, here, expected=1)
    with pytest.raises(NotFound):
        create_app(installation, AppDraft(name="A", dialect="oauth2", workspace=here))


def test_a_workspace_that_is_only_named_is_made_with_what_goes_into_it(installation):
    """By command an app may name one that is not there yet."""
    home = home_of(installation, "new", actor=BY_BEN)
    assert home_of(installation, "new") == home
    assert told(installation) == ["workspace_created"]
