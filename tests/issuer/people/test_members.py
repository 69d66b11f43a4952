"""Members: roles that hold from the next request on, and an owner in every workspace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from remint.errors import ConfigurationError, Conflict, Denied, NotFound, StaleVersion
from remint.issuer.people.accounts import change_account
from remint.issuer.people.members import member, members, remove_member, set_role
from remint.issuer.people.sessions import start_session, visitor
from remint.store.records import Role
from tests.issuer.people.conftest import BY_ADA, account, trail


@pytest.fixture
def owners(installation, workspace, ada):
    """Ada and Bob, who both own the workspace."""
    bob = account(installation, "bob@example.com", "Bob")
    return [installation.members.add(workspace.id, each.id, "owner") for each in (ada, bob)]


def test_a_role_holds_from_the_next_request_on(installation, workspace, owners):
    """For a session that is open, too; and it reaches the development workspaces."""
    _, bob = owners
    account_of_bob = installation.accounts.numbered(bob.account_id)
    cookie = start_session(installation, account_of_bob, origin="", agent="").cookie.reveal()
    below = installation.workspaces.create("dev", kind="development", parent_id=workspace.id)

    def principal():
        return visitor(installation, cookie).principal

    assert principal().may("members:write", below)
    viewer = set_role(installation, bob, "viewer", expected=bob.version, actor=BY_ADA)
    assert (viewer.role, viewer.version) == ("viewer", bob.version + 1)
    assert principal().may("apps:read", below)
    with pytest.raises(Denied, match="apps:write"):
        principal().demand("apps:write", workspace)
    remove_member(installation, viewer, expected=viewer.version, actor=BY_ADA)
    with pytest.raises(NotFound):
        principal().demand("apps:read", workspace)
    assert members(installation, workspace) == owners[:1]
    detail = {"account": "bob@example.com", "role": "viewer"}
    told = [(event.event, event.detail, event.workspace_id) for event in trail(installation)[:2]]
    assert told == [
        ("member_removed", detail, workspace.id),
        ("member_role_changed", detail, workspace.id),
    ]


def test_the_last_owner_stays(installation, workspace, owners):
    """Not even an operator takes the last one away; one who cannot log in does not count."""
    ada, bob = owners
    change_account(
        installation, installation.accounts.numbered(bob.account_id), disabled=True, actor=BY_ADA
    )
    with pytest.raises(Conflict, match="last owner"):
        remove_member(installation, ada, actor=BY_ADA)
    with pytest.raises(Conflict, match="last owner"):
        set_role(installation, ada, "developer", actor=BY_ADA)
    assert set_role(installation, ada, "owner", actor=BY_ADA).role == "owner"
    remove_member(installation, bob, actor=BY_ADA)


def test_two_owners_who_remove_each_other_leave_one(installation, workspace, owners):
    """However close they are."""

    def remove(whom):
        try:
            remove_member(installation, whom, expected=whom.version, actor=BY_ADA)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(remove, owners)) == [False, True]
    assert len(members(installation, workspace)) == 1


def test_a_development_workspace_needs_no_owner(installation, workspace, owners):
    """It has its parent's."""
    below = installation.workspaces.create("dev", kind="development", parent_id=workspace.id)
    only = installation.members.add(below.id, owners[1].account_id, "owner")
    remove_member(installation, only, actor=BY_ADA)
    assert members(installation, below) == []


def test_the_later_of_two_writers_is_told(installation, workspace, owners):
    """And nothing of theirs holds, nor is told of."""
    _, bob = owners
    changed = set_role(installation, bob, "viewer", expected=bob.version, actor=BY_ADA)
    before = trail(installation)
    with pytest.raises(StaleVersion):
        set_role(installation, bob, "developer", expected=bob.version, actor=BY_ADA)
    with pytest.raises(StaleVersion):
        remove_member(installation, bob, expected=bob.version, actor=BY_ADA)
    assert member(installation, workspace, bob.id) == changed
    assert trail(installation) == before


def test_what_is_no_role_is_refused(installation, owners):
    """It says which there are."""
    with pytest.raises(ConfigurationError, match="owner or developer or viewer"):
        set_role(installation, owners[1], cast(Role, "admin"), actor=BY_ADA)


def test_a_member_of_another_workspace_is_not_there(installation, workspace, owners):
    """Members are looked up in their own."""
    other = installation.workspaces.ensure("other")
    with pytest.raises(NotFound):
        member(installation, other, owners[0].id)
