"""Admin keys: what machines may do, never more than who made them."""

from __future__ import annotations

import pytest

from remint.errors import ConfigurationError, Denied, NotFound, Unauthenticated
from remint.issuer.actor import Actor
from remint.issuer.people.access import PERMISSIONS, ROLES, Principal
from remint.issuer.people.adminkeys import (
    admin_keys,
    create_admin_key,
    principal_of,
    revoke_admin_key,
)
from remint.token.credentials import looks_like, mint_admin_key
from tests.issuer.people.conftest import BY_ADA, trail
from tests.store.stores import NOW

OPERATOR = Principal(BY_ADA, is_operator=True)
DAY_MS = 86_400_000


@pytest.fixture
def below(installation, workspace):
    """A development workspace of the first."""
    return installation.workspaces.create("dev", kind="development", parent_id=workspace.id)


def made(installation, workspace, *scopes, principal=OPERATOR, days=None, name="ci"):
    """A key of that workspace."""
    return create_admin_key(
        installation,
        principal,
        name,
        scopes,
        workspace=workspace,
        expires_in_days=days,
        actor=BY_ADA,
    )


def test_keys_of_one_name_are_told_apart(installation, workspace):
    """By what the audit trail calls who shows them, and by the events of their own."""
    keys = [made(installation, workspace, "apps:read") for _ in range(2)]
    actors = {principal_of(installation, each.secret.reveal(), "").actor.name for each in keys}
    assert actors == {f"key {each.key.id} (ci)" for each in keys}
    assert len(actors) == 2
    events = [event.detail["id"] for event in installation.trail.latest(2)]
    assert events == [each.key.id for each in reversed(keys)]


def test_a_key_may_do_what_its_scopes_say(installation, workspace, below):
    """In its workspace and the development workspaces of that; elsewhere it is as if there were nothing."""
    created = made(installation, workspace, "apps:write", "apps:read", "apps:read")
    principal = principal_of(installation, created.secret.reveal(), "192.0.2.3")
    assert principal.actor == Actor(f"key {created.key.id} (ci)", "192.0.2.3")
    assert principal.key_id == created.key.id
    for place in (workspace, below):
        assert principal.permissions(place) == {"apps:read", "apps:write"}
    with pytest.raises(NotFound):
        principal.demand("apps:read", installation.workspaces.ensure("other"))
    assert not principal.permissions(None)


def test_a_key_of_the_installation_reaches_everywhere(installation, workspace):
    """With any scope, also those that concern the whole."""
    created = made(installation, None, *PERMISSIONS)
    principal = principal_of(installation, created.secret.reveal(), "")
    assert principal.permissions(workspace) == principal.permissions(None) == set(PERMISSIONS)


def test_a_key_is_listed_where_it_belongs(installation, workspace):
    """With what tells it apart, and without what it is checked by."""
    key = made(installation, workspace, "grants:read", "apps:read", name="Deploy é").key
    assert (key.name, key.scopes, key.created_by) == (
        "Deploy é",
        ("apps:read", "grants:read"),
        "ada@example.com",
    )
    assert (key.created_at, key.expires_at, key.revoked_at) == (NOW, 0, 0)
    assert admin_keys(installation, workspace) == [key]
    assert admin_keys(installation, None) == []
    event = trail(installation)[0]
    assert (event.event, event.workspace_id) == ("admin_key_created", workspace.id)
    assert event.detail == {
        "id": key.id,
        "name": "Deploy é",
        "scopes": ["apps:read", "grants:read"],
    }


@pytest.mark.parametrize(
    "scopes, key",
    [([], "scopes"), (["apps"], "scopes"), (["apps:read", "keys:write"], "scopes")],
)
def test_scopes_that_will_not_do_are_refused(installation, workspace, scopes, key):
    """None at all, one that is none, one that concerns more than a workspace; it says which there are."""
    with pytest.raises(ConfigurationError, match="apps:read, apps:write") as caught:
        made(installation, workspace, *scopes)
    assert caught.value.key == key


def test_nobody_makes_a_key_that_may_do_more(installation, workspace):
    """Neither a developer, nor a key that makes keys, nor an owner for the whole installation."""
    owner = Principal(BY_ADA, account_id=1, roles={workspace.id: "owner"})
    key = Principal(
        BY_ADA, key_id=1, scopes=frozenset({"admin-keys:write"}), workspace_id=workspace.id
    )
    assert made(installation, workspace, "members:write", principal=owner)
    for principal, place, scope in (
        (owner, None, "apps:read"),
        (key, workspace, "apps:read"),
        (key, None, "admin-keys:write"),
    ):
        with pytest.raises(Denied) as caught:
            made(installation, place, scope, principal=principal)
        assert caught.value.permission == scope
    assert len(admin_keys(installation, workspace)) == 1


def test_a_key_runs_out(installation, workspace, clock):
    """To the second; without days it does not."""
    secret = made(installation, workspace, "apps:read", days=2).secret.reveal()
    forever = made(installation, workspace, "apps:read").secret.reveal()
    clock.step(2 * DAY_MS - 1)
    assert principal_of(installation, secret, "")
    clock.step(1)
    with pytest.raises(Unauthenticated):
        principal_of(installation, secret, "")
    clock.step(10_000 * DAY_MS)
    assert principal_of(installation, forever, "")


def test_a_key_makes_none_that_outlives_it(installation, workspace):
    """None for longer; and where nothing is said, one that ends with it."""
    short = made(installation, workspace, "admin-keys:write", "apps:read", days=2)
    holder = principal_of(installation, short.secret.reveal(), "")
    for days in (2, None):
        below = made(installation, workspace, "apps:read", principal=holder, days=days)
        assert below.key.expires_at == short.key.expires_at
    with pytest.raises(ConfigurationError, match="outlive") as caught:
        made(installation, workspace, "apps:read", principal=holder, days=3)
    assert (caught.value.key, caught.value.expected) == ("expires_in_days", "2 at the most")


def test_nobody_gives_a_role_that_may_do_more(installation, workspace):
    """Who may invite and no more gives no role away that reads or writes what they cannot."""
    key = Principal(BY_ADA, key_id=1, scopes=frozenset({"members:write"}))
    with pytest.raises(Denied) as caught:
        key.demand_role("owner", workspace)
    assert caught.value.permission == "activity:read"
    owner = Principal(BY_ADA, account_id=1, roles={workspace.id: "owner"})
    for role in ROLES:
        owner.demand_role(role, workspace)
        OPERATOR.demand_role(role, workspace)


@pytest.mark.parametrize("days", [0, -1, 3651, 10**30])
def test_days_that_will_not_do_are_refused(installation, workspace, days):
    """It says how many will."""
    with pytest.raises(ConfigurationError, match="1 to 3650") as caught:
        made(installation, workspace, "apps:read", days=days)
    assert caught.value.key == "expires_in_days"


def test_a_revoked_key_is_refused_from_its_next_request_on(installation, workspace):
    """It is revoked where it belongs, once; the list still tells of it."""
    created = made(installation, workspace, "apps:read")
    with pytest.raises(NotFound):
        revoke_admin_key(installation, None, created.key.id, actor=BY_ADA)
    revoke_admin_key(installation, workspace, created.key.id, actor=BY_ADA)
    with pytest.raises(NotFound):
        revoke_admin_key(installation, workspace, created.key.id, actor=BY_ADA)
    with pytest.raises(Unauthenticated):
        principal_of(installation, created.secret.reveal(), "")
    assert admin_keys(installation, workspace)[0].revoked_at == NOW
    assert trail(installation)[0].event == "admin_key_revoked"


@pytest.mark.parametrize("bearer", ["", "x", "\udc80", "remint_mk_" + "0" * 49])
def test_what_is_no_key_is_not_looked_up(installation, monkeypatch, bearer):
    """Its form tells; the words are those for any key that is not good."""
    with pytest.raises(Unauthenticated) as unknown:
        principal_of(installation, mint_admin_key(installation.entropy).reveal(), "")
    monkeypatch.setattr(installation.admin_keys, "find", lambda _: pytest.fail("looked up"))
    with pytest.raises(Unauthenticated) as caught:
        principal_of(installation, bearer, "")
    assert str(caught.value) == str(unknown.value)


def test_keys_are_kept_as_fingerprints(installation, workspace):
    """Neither the database, nor the trail, nor a repr has one; the hint is of its checksum."""
    created = made(installation, workspace, "apps:read")
    secret = created.secret.reveal()
    assert looks_like("admin_key", secret) and secret.endswith(created.key.hint)
    assert secret not in repr(
        [created, principal_of(installation, secret, ""), trail(installation)]
    )
    installation.close()
    for file in installation.settings.data_dir.iterdir():
        assert secret.encode() not in file.read_bytes(), file
