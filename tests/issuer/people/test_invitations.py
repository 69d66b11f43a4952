"""Invitations: links that are good once, and lead nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from remint.errors import ConfigurationError, Conflict, NotFound
from remint.issuer.people.acceptance import accept
from remint.issuer.people.accounts import change_account, find_account, is_account_password
from remint.issuer.people.invitations import (
    MEMBER_SECONDS,
    SHORT_SECONDS,
    invitation_of,
    invitations,
    invite,
    link,
    password_code,
    revoke_invitation,
    setup_code,
)
from remint.issuer.people.members import members
from remint.issuer.people.sessions import sessions_of, start_session
from remint.secret import Secret
from remint.token.credentials import looks_like, mint_invitation
from tests.issuer.people.conftest import BY_ADA, PASSWORD, account, told, trail
from tests.store.stores import NOW

EVE: dict[str, Any] = {
    "email": "eve@example.com",
    "name": "Eve",
    "password": Secret(PASSWORD),
    "origin": "192.0.2.9",
}
BOB: dict[str, Any] = {"name": "Bob", "password": Secret(PASSWORD), "origin": "192.0.2.9"}


def bob_s(installation, workspace, role="developer"):
    """The code of an invitation for Bob."""
    return invite(installation, workspace, "Bob@example.com", role, actor=BY_ADA).code


def set_up(installation) -> Secret:
    """The code by which the first account is made."""
    code = setup_code(installation)
    assert code is not None
    return code


def is_open(installation, code):
    try:
        invitation_of(installation, code)
    except NotFound:
        return False
    return True


def test_the_first_account_is_made_by_a_link(installation):
    """It is an operator's, who owns the default workspace; from then on there are no such links."""
    code = set_up(installation)
    assert invitation_of(installation, code).purpose == "setup"
    made = accept(installation, code, **EVE)
    assert (made.email, made.name, made.operator) == ("eve@example.com", "Eve", True)
    workspace = installation.workspaces.named("default")
    assert [(each.account_id, each.role) for each in members(installation, workspace)] == [
        (made.id, "owner")
    ]
    assert setup_code(installation) is None
    assert told(installation) == ["account_created", "member_joined"]
    assert trail(installation)[0].actor == "eve@example.com"


def test_the_first_account_owns_what_is_there(installation, workspace):
    """Where commands have made a workspace, no further one is made."""
    accept(installation, set_up(installation), **EVE)
    assert [each.name for each in installation.workspaces.all()] == ["acme"]
    assert len(members(installation, workspace)) == 1


def test_a_later_set_up_link_ends_the_one_before(installation):
    """The one that was printed last is good."""
    first, second = set_up(installation), set_up(installation)
    assert not is_open(installation, first)
    assert is_open(installation, second)


def test_a_set_up_link_is_no_good_once_there_is_an_account(installation):
    """Also one that a command made."""
    code = set_up(installation)
    account(installation, "ada@example.com", "Ada")
    assert not is_open(installation, code)
    with pytest.raises(NotFound):
        accept(installation, code, **EVE)


def test_of_many_who_set_up_at_once_one_wins(installation):
    """There is one operator then, and nothing is left of the others."""
    code = set_up(installation)

    def attempt(number):
        try:
            accept(installation, code, **{**EVE, "email": f"eve{number}@example.com"})
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(4))) == [False, False, False, True]
    assert len(installation.accounts.page(after=0, limit=9)) == 1


@pytest.mark.parametrize(
    "changed, key",
    [
        ({"email": "eve"}, "email"),
        ({"name": ""}, "name"),
        ({"password": Secret("x")}, "password"),
        ({"password": None}, "password"),
    ],
)
def test_a_link_is_not_used_up_by_a_mistake(installation, changed, key):
    """The field at fault is named, and the link stays good."""
    code = set_up(installation)
    with pytest.raises(ConfigurationError) as caught:
        accept(installation, code, **{**EVE, **changed})
    assert caught.value.key == key
    assert accept(installation, code, **EVE).operator


def test_an_invitation_makes_an_account_and_a_member(installation, workspace, ada):
    """With the address that was invited and the role that was given, and no other."""
    code = bob_s(installation, workspace)
    (open_,) = invitations(installation, workspace)
    assert (open_.email, open_.role, open_.invited_by) == (
        "bob@example.com",
        "developer",
        BY_ADA.name,
    )
    bob = accept(installation, code, email="other@example.com", **BOB)
    assert (bob.email, bob.operator) == ("bob@example.com", False)
    assert is_account_password(bob, Secret(PASSWORD))
    (member,) = members(installation, workspace)
    assert (member.account_id, member.role) == (bob.id, "developer")
    assert invitations(installation, workspace) == []
    event = trail(installation)[0]
    assert (event.event, event.workspace_id, event.actor) == (
        "member_joined",
        workspace.id,
        bob.email,
    )


def test_of_many_who_accept_at_once_one_wins(installation, workspace, ada):
    """The others are told that the link is not good any more, or that there is an account by now."""
    code = bob_s(installation, workspace)

    def attempt(_):
        try:
            accept(installation, code, **BOB)
        except (NotFound, Conflict):
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(4))) == [False, False, False, True]
    assert len(members(installation, workspace)) == 1
    assert told(installation).count("member_joined") == 1


def test_who_has_an_account_joins_with_it(installation, workspace, ada):
    """Logged in as the one who was invited: neither without a log-in, nor as somebody else."""
    bob = account(installation, "bob@example.com", "Bob")
    code = bob_s(installation, workspace)
    with pytest.raises(Conflict, match="log in, then open the link again"):
        accept(installation, code, **BOB)
    with pytest.raises(Conflict, match=r"for bob@example\.com, and you are logged in as ada"):
        accept(installation, code, account=ada, origin="")
    assert accept(installation, code, account=bob, origin="") == bob
    assert installation.members.roles(bob.id) == {workspace.id: "developer"}
    with pytest.raises(Conflict, match="member of the workspace already"):
        bob_s(installation, workspace)


@pytest.mark.parametrize("role", ["", "admin", "Owner"])
def test_a_role_that_is_none_is_refused(installation, workspace, role):
    """It says which there are."""
    with pytest.raises(ConfigurationError, match="owner or developer or viewer") as caught:
        bob_s(installation, workspace, role)
    assert caught.value.key == "role"


def test_a_revoked_invitation_is_no_good(installation, workspace, ada):
    """It is revoked in its own workspace, once."""
    code = bob_s(installation, workspace)
    (open_,) = invitations(installation, workspace)
    with pytest.raises(NotFound):
        revoke_invitation(
            installation, installation.workspaces.ensure("other"), open_.id, actor=BY_ADA
        )
    revoke_invitation(installation, workspace, open_.id, actor=BY_ADA)
    with pytest.raises(NotFound):
        revoke_invitation(installation, workspace, open_.id, actor=BY_ADA)
    assert not is_open(installation, code)
    assert told(installation)[-1] == "invitation_revoked"


def test_links_run_out(installation, workspace, clock):
    """A week for a seat; a day for what makes an operator or takes an account over."""
    bob = account(installation, "bob@example.com", "Bob")
    password = password_code(installation, bob, actor=BY_ADA)
    member = invite(installation, workspace, "eve@example.com", "viewer", actor=BY_ADA).code
    clock.step(SHORT_SECONDS * 1000 - 1)
    assert is_open(installation, password)
    clock.step(1)
    assert not is_open(installation, password)
    clock.step((MEMBER_SECONDS - SHORT_SECONDS) * 1000 - 1)
    assert is_open(installation, member)
    clock.step(1)
    assert not is_open(installation, member)


def test_an_invitation_into_a_closed_workspace_is_no_good(installation, workspace, ada):
    """There is nothing to join."""
    code = bob_s(installation, workspace)
    installation.workspaces.close(workspace)
    with pytest.raises(NotFound):
        accept(installation, code, **BOB)


def test_a_new_password_by_a_link(installation, ada):
    """It ends every session, and is good once; who made the link does not learn the password."""
    start_session(installation, ada, origin="", agent="")
    first = password_code(installation, ada, actor=BY_ADA)
    code = password_code(installation, ada, actor=BY_ADA)
    new = Secret("another horse battery")
    changed = accept(installation, code, password=new, origin="192.0.2.9")
    assert is_account_password(changed, new)
    assert not is_account_password(changed, Secret(PASSWORD))
    assert sessions_of(installation, ada) == []
    assert start_session(installation, changed, origin="", agent="").account.id == ada.id
    for used in (first, code):
        with pytest.raises(NotFound):
            accept(installation, used, password=new, origin="")


def test_a_link_brings_no_disabled_account_back(installation, ada):
    """Whenever the link was made."""
    bob = account(installation, "bob@example.com", "Bob")
    code = password_code(installation, bob, actor=BY_ADA)
    installation.accounts.change(bob, {"disabled_at": NOW}, expected=None)
    with pytest.raises(NotFound):
        accept(installation, code, password=Secret(PASSWORD), origin="")
    change_account(installation, bob, disabled=False, actor=BY_ADA)
    assert find_account(installation, bob.email).disabled_at == 0


@pytest.mark.parametrize("code", ["", "x", "\udc80", "remint_iv_" + "0" * 49])
def test_what_is_no_code_is_not_looked_up(installation, monkeypatch, code):
    """Its form tells, and the words are those for any that is not good."""
    with pytest.raises(NotFound) as unknown:
        invitation_of(installation, mint_invitation(installation.entropy))
    monkeypatch.setattr(installation.invitations, "find", lambda _: pytest.fail("looked up"))
    with pytest.raises(NotFound) as caught:
        invitation_of(installation, Secret(code))
    assert str(caught.value) == str(unknown.value)


def test_a_code_travels_in_the_fragment(installation):
    """No browser sends it, so no server and no proxy logs it; and it is not shown by accident."""
    code = set_up(installation)
    address = link(installation, "setup", code)
    page, _, fragment = address.reveal().partition("#")
    assert page == f"{installation.settings.base_url}/console/setup"
    assert fragment == code.reveal() and looks_like("invitation", fragment)
    assert code.reveal() not in repr([address, code])


def test_codes_are_kept_as_fingerprints(installation, workspace, ada):
    """Neither the database, nor the trail, nor a repr has one."""
    invited = invite(installation, workspace, "bob@example.com", "viewer", actor=BY_ADA)
    code = invited.code.reveal()
    assert code not in repr([invited, invitations(installation, workspace), trail(installation)])
    installation.close()
    for file in installation.settings.data_dir.iterdir():
        assert code.encode() not in file.read_bytes(), file
