"""What is good by what is shown: invitations, sessions and admin keys, each kept by its SHA-256."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from remint.store.adminkeys import NewAdminKey
from remint.store.invitations import NewInvitation
from remint.store.peoplerecords import Session
from tests.store.stores import NOW, SQLiteStore

WEEK = 7 * 86_400


@pytest.fixture
def account(store: SQLiteStore):
    """Somebody."""
    return store.accounts.create("ada@example.com", "Ada", "h", operator=False)


def invitation(store, sha256=b"i" * 32, **changed):
    """An invitation into workspace 1, good for a week."""
    fields = {"workspace_id": 1, "email": "bob@example.com", "role": "viewer", **changed}
    fields = {"purpose": "member", "expires_at": NOW + WEEK, **fields}
    return store.invitations.create(NewInvitation(invited_by="ada", **fields), sha256)


def session(account, sha256=b"s" * 32, **changed):
    """A session that began now."""
    fields = {"sha256": sha256, "account_id": account.id, "created_at": NOW, "seen_at": NOW}
    rest = {"expires_at": NOW + WEEK, "origin": "192.0.2.1", "agent": "Firefox"}
    return Session(**{**fields, **rest, **changed})


def test_an_invitation_is_found_by_its_code_alone(store):
    """It is read back as it was made; another code finds nothing."""
    made = invitation(store)
    assert (made.purpose, made.role, made.used_at, made.expires_at) == (
        "member",
        "viewer",
        0,
        NOW + WEEK,
    )
    assert store.invitations.find(b"i" * 32) == made
    assert store.invitations.find(b"x" * 32) is None
    assert store.invitations.of_workspace(1) == [made]
    assert store.invitations.of_workspace(2) == []


def test_an_invitation_is_good_once(store):
    """Used up it is found no more, and cannot be used again."""
    made = invitation(store)
    assert store.invitations.use(made)
    assert not store.invitations.use(made)
    assert store.invitations.find(b"i" * 32) is None
    assert store.invitations.of_workspace(1) == []


def test_of_many_who_use_an_invitation_one_wins(store):
    """Whoever they are and however they hurry."""
    made = invitation(store)
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda _: store.invitations.use(made), range(8)))
    assert won.count(True) == 1


def test_an_invitation_runs_out(store):
    """To the second."""
    made = invitation(store)
    store.clock.step(WEEK * 1000 - 1)
    assert store.invitations.find(b"i" * 32) == made
    store.clock.step(1)
    assert store.invitations.find(b"i" * 32) is None
    assert not store.invitations.use(made)


def test_an_invitation_is_revoked_where_it_leads(store):
    """Another workspace has none of that id."""
    made = invitation(store)
    assert not store.invitations.revoke(2, made.id)
    assert store.invitations.find(b"i" * 32) == made
    assert store.invitations.revoke(1, made.id)
    assert not store.invitations.revoke(1, made.id)
    assert store.invitations.find(b"i" * 32) is None


def test_a_new_invitation_ends_the_one_before(store):
    """For the same person and purpose; those of others stay."""
    invitation(store, b"1" * 32)
    invitation(store, b"2" * 32, email="eve@example.com")
    invitation(store, b"3" * 32, workspace_id=2)
    invitation(store, b"4" * 32, purpose="setup", workspace_id=None, email="")
    invitation(store, b"5" * 32)
    invitation(store, b"6" * 32, purpose="setup", workspace_id=None, email="")
    found = [n for n in b"123456" if store.invitations.find(bytes([n]) * 32) is not None]
    assert bytes(found) == b"2356"


def test_all_of_a_purpose_are_revoked(store, account):
    """Those of one account, or of all."""
    for number, owner in ((b"1", 1), (b"2", 2)):
        invitation(store, number * 32, purpose="password", workspace_id=None, account_id=owner)
    store.invitations.revoke_all("password", account_id=1)
    assert store.invitations.find(b"1" * 32) is None
    assert store.invitations.find(b"2" * 32) is not None
    store.invitations.revoke_all("password")
    assert store.invitations.find(b"2" * 32) is None


def test_a_session_is_found_by_its_cookie_alone(store, account):
    """It comes back as it was made, and says in its repr whose it is and no more."""
    kept = session(account)
    store.sessions.create(kept)
    assert store.sessions.find(b"s" * 32) == kept
    assert store.sessions.find(b"x" * 32) is None
    assert repr(kept) == f"Session(account_id={account.id}, …)"


def test_a_session_is_ended_by_its_owner(store, account):
    """An account ends its own sessions: one, or all but one."""
    for number in b"123":
        store.sessions.create(session(account, bytes([number]) * 32, seen_at=NOW + number))
    assert [each.sha256[:1] for each in store.sessions.of_account(account.id)] == [b"3", b"2", b"1"]
    assert not store.sessions.end(account.id + 1, b"1" * 32)
    assert store.sessions.end(account.id, b"1" * 32)
    assert not store.sessions.end(account.id, b"1" * 32)
    assert store.sessions.end_all(account.id, keep=b"2" * 32) == 1
    assert [each.sha256[:1] for each in store.sessions.of_account(account.id)] == [b"2"]
    assert store.sessions.end_all(account.id) == 1


def test_sessions_that_ran_out_are_dropped(store, account):
    """When somebody else logs in, at the latest."""
    store.sessions.create(session(account, expires_at=NOW + 1))
    later = session(account, b"2" * 32, created_at=NOW + 1)
    store.sessions.create(later)
    assert store.sessions.of_account(account.id) == [later]


def test_what_has_run_out_goes_in_small_steps(store):
    """Used, ended or forgotten, the oldest first; what may still be open stays, and so does the newest."""

    def made(name: str, expires_at: int):
        return invitation(store, name.encode() * 32, email=name, expires_at=expires_at)

    used, ended, _ = (made(each, NOW + WEEK) for each in "abc")
    assert store.invitations.use(used)
    assert store.invitations.revoke(1, ended.id)
    lives, last = (made(each, NOW + 2 * WEEK) for each in "de")
    assert store.invitations.purge(NOW + WEEK - 1, limit=9) == 0
    assert store.invitations.purge(NOW + WEEK, limit=2) == 2
    assert store.invitations.purge(NOW + WEEK, limit=2) == 1
    assert store.invitations.purge(NOW + WEEK, limit=2) == 0
    assert store.invitations.of_workspace(1) == [last, lives]
    assert store.invitations.purge(NOW + 2 * WEEK, limit=9) == 1
    assert store.invitations.of_workspace(1) == [last]
    assert made("f", NOW + 3 * WEEK).id > last.id


def test_when_a_session_was_seen_is_written_down(store, account):
    """And nothing else of it changes."""
    kept = session(account)
    store.sessions.create(kept)
    store.sessions.see(kept, NOW + 60)
    assert store.sessions.find(b"s" * 32) == msgspec.structs.replace(kept, seen_at=NOW + 60)


def test_an_admin_key_is_found_by_what_is_shown_alone(store):
    """It comes back as it was made; those of a workspace and those of the installation are listed apart."""
    wide = NewAdminKey(None, "all", ("keys:read",), "abcd", "ada")
    bound = NewAdminKey(1, "ci", ("apps:read", "apps:write"), "efgh", "ada", NOW + WEEK)
    first, second = (
        store.admin_keys.create(wide, b"1" * 32),
        store.admin_keys.create(bound, b"2" * 32),
    )
    assert (second.scopes, second.created_at, second.expires_at) == (
        ("apps:read", "apps:write"),
        NOW,
        NOW + WEEK,
    )
    assert store.admin_keys.find(b"2" * 32) == second
    assert store.admin_keys.find(b"x" * 32) is None
    assert store.admin_keys.of_workspace(None) == [first]
    assert store.admin_keys.of_workspace(1) == [second]


def test_an_admin_key_is_revoked_once_and_where_it_belongs(store):
    """A key of the whole installation is not revoked by way of a workspace, nor the other way round."""
    key = store.admin_keys.create(NewAdminKey(1, "ci", ("apps:read",), "", "ada"), b"1" * 32)
    assert not store.admin_keys.revoke(None, key.id)
    assert not store.admin_keys.revoke(2, key.id)
    assert store.admin_keys.revoke(1, key.id)
    assert not store.admin_keys.revoke(1, key.id)
    assert store.admin_keys.find(b"1" * 32).revoked_at == NOW
