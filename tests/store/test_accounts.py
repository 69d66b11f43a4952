"""Accounts and members: kept as given, changed by who saw what is there."""

from __future__ import annotations

import pytest

from remint.errors import Conflict, NotFound, StaleVersion
from tests.store.stores import NOW, SQLiteStore


@pytest.fixture
def ada(store: SQLiteStore):
    """An operator."""
    return store.accounts.create("ada@example.com", "Ada", "h", operator=True)


@pytest.fixture
def bob(store: SQLiteStore, ada):
    """Somebody else."""
    return store.accounts.create("bob@example.com", "Bob", "h", operator=False)


def test_an_account_comes_back_as_it_was_made(store, ada):
    """By its address and by its number; another address finds nothing."""
    assert store.accounts.find("ada@example.com") == ada == store.accounts.numbered(ada.id)
    assert (ada.name, ada.operator, ada.disabled_at, ada.created_at) == ("Ada", True, 0, NOW)
    assert store.accounts.find("Ada@example.com") is None
    with pytest.raises(NotFound, match="account 99"):
        store.accounts.numbered(99)
    assert repr(ada) == f"Account(id={ada.id}, email='ada@example.com', …)"


def test_an_address_has_one_account(store, ada):
    """The second is told so, and nothing is left behind."""
    with pytest.raises(Conflict, match=r"ada@example\.com"):
        store.accounts.create("ada@example.com", "Eve", "h", operator=False)
    assert store.accounts.page(after=0, limit=10) == [ada]


def test_accounts_are_read_by_the_page(store, ada, bob):
    """Oldest first, from the one after the last."""
    assert store.accounts.page(after=0, limit=1) == [ada]
    assert store.accounts.page(after=ada.id, limit=1) == [bob]
    assert store.accounts.page(after=bob.id, limit=1) == []


def test_whether_there_is_an_account(store):
    """Only at first there is none."""
    assert store.accounts.is_empty()
    store.accounts.create("ada@example.com", "Ada", "h", operator=True)
    assert not store.accounts.is_empty()


def test_the_later_writer_is_told(store, ada):
    """Who changes an account from an older sight of it changes nothing."""
    first = store.accounts.change(ada, {"name": "Ada L."}, expected=ada.version)
    assert (first.name, first.version) == ("Ada L.", ada.version + 1)
    with pytest.raises(StaleVersion, match=r"ada@example\.com was changed"):
        store.accounts.change(ada, {"name": "Eve"}, expected=ada.version)
    assert store.accounts.numbered(ada.id) == first
    assert store.accounts.change(ada, {"operator": 0}, expected=None).name == "Ada L."


def test_operators_are_those_who_can_log_in(store, ada, bob):
    """A disabled one is none."""
    assert store.accounts.operators() == {ada.id}
    store.accounts.change(bob, {"operator": 1, "disabled_at": NOW}, expected=None)
    assert store.accounts.operators() == {ada.id}
    store.accounts.change(bob, {"disabled_at": 0}, expected=None)
    assert store.accounts.operators() == {ada.id, bob.id}


def test_a_member_has_the_account_s_name(store, ada, bob):
    """A workspace lists its members, an account its workspaces, each with the role there."""
    here, there = (store.workspaces.ensure(name).id for name in ("here", "there"))
    owner = store.members.add(here, ada.id, "owner")
    viewer = store.members.add(here, bob.id, "viewer")
    other = store.members.add(there, bob.id, "developer")
    assert (owner.email, owner.name, owner.role) == ("ada@example.com", "Ada", "owner")
    assert store.members.of_workspace(here) == [owner, viewer]
    assert store.members.of_account(bob.id) == [viewer, other]
    assert store.members.roles(bob.id) == {here: "viewer", there: "developer"}
    assert store.members.find(here, viewer.id) == viewer
    with pytest.raises(NotFound, match=f"no member {viewer.id}"):
        store.members.find(there, viewer.id)
    with pytest.raises(Conflict, match="already"):
        store.members.add(here, bob.id, "owner")


def test_of_two_who_change_a_member_the_first_wins(store, ada):
    """A role that was changed is neither changed nor removed from an older sight of it."""
    member = store.members.add(store.workspaces.ensure("w").id, ada.id, "viewer")
    changed = store.members.set_role(member, "developer", expected=member.version)
    assert (changed.role, changed.version) == ("developer", member.version + 1)
    with pytest.raises(StaleVersion, match=r"member ada@example\.com"):
        store.members.set_role(member, "owner", expected=member.version)
    with pytest.raises(StaleVersion, match=r"member ada@example\.com"):
        store.members.remove(member, expected=member.version)
    store.members.remove(changed, expected=changed.version)
    assert store.members.of_workspace(member.workspace_id) == []
    with pytest.raises(NotFound, match="not there any more"):
        store.members.remove(changed, expected=None)


def test_a_member_s_id_is_never_another_s(store, ada, bob):
    """What was removed is not there any more, whoever comes next: an old page hits nobody else."""
    workspace = store.workspaces.ensure("w").id
    gone = store.members.add(workspace, ada.id, "viewer")
    store.members.remove(gone, expected=None)
    assert store.members.add(workspace, bob.id, "viewer").id > gone.id
    with pytest.raises(NotFound):
        store.members.set_role(gone, "owner", expected=gone.version)


def test_owners_are_those_who_can_log_in(store, ada, bob):
    """A disabled account owns nothing any more."""
    workspace = store.workspaces.ensure("w").id
    first, second = (store.members.add(workspace, each.id, "owner") for each in (ada, bob))
    assert store.members.owners(workspace) == {first.id, second.id}
    store.accounts.change(ada, {"disabled_at": NOW}, expected=None)
    assert store.members.owners(workspace) == {second.id}
