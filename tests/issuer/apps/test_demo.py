"""The demonstration as a use case: made once, found again, and silent about itself."""

from __future__ import annotations

import pytest

from remint.dialect import builtin_names
from remint.errors import ConfigurationError, Conflict
from remint.issuer.apps.apps import AppDraft, create_app, switch
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.apps.credentials import rotate_secret
from remint.issuer.apps.demo import KIND, USERNAME, check_loopback, prepare
from remint.issuer.apps.installations import installations_of, uninstall
from remint.issuer.apps.saleschannels import turn_into_sales_channel
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.issuer.tenants.workspaces import rename_workspace
from remint.secret import Secret
from remint.token.credentials import fingerprint


@pytest.fixture
def installation(tmp_path):
    """An empty one."""
    opened = Installation(Settings(data_dir=tmp_path / "data", port=8080), environ={})
    yield opened
    opened.close()


def test_it_is_made_once(installation):
    """An app for each dialect and a user, in a workspace of their own; another start adds only grants."""
    first, second = prepare(installation, environ={}), prepare(installation, environ={})
    (workspace,) = installation.workspaces.all()
    assert workspace.kind == KIND
    apps = installation.catalogue.apps(workspace.id)
    assert sorted(app.dialect for app in apps) == sorted(builtin_names())
    assert installation.people.find(workspace.id, USERNAME) is not None
    assert installation.ledger.count() == 2 * len(apps)
    for name, credentials in first.credentials.items():
        again = second.credentials[name]
        assert {key for key in credentials if credentials[key] != again[key]} == {"refresh_token"}


def test_credentials_are_put_back(installation):
    """One that was rotated or revoked away works again, or another in its place."""
    prepare(installation, environ={})
    for app in installation.catalogue.apps():
        if app.authentication == "secret":
            for _ in range(2):
                rotate_secret(installation, app, overlap_seconds=0)
        for key in installation.credentials.api_keys(app):
            installation.credentials.revoke_api_key(app, key.id)
    for found in prepare(installation, environ={}).credentials.values():
        if "client_secret" in found:
            secrets = installation.catalogue.app(found["client_id"]).secrets
            live = {each.sha256 for each in secrets if not each.expires_at}
            assert fingerprint(found["client_secret"]) in live
        if "api_key" in found:
            shown = fingerprint(found["api_key"])
            assert installation.catalogue.find(api_key_sha256=shown) is not None


def test_what_the_console_finds(installation):
    """The app of the contract that has sales channels is installed, and one; a company has its user."""
    prepare(installation, environ={})
    (workspace,) = installation.workspaces.all()
    apps = {app.dialect: app for app in installation.catalogue.apps(workspace.id)}
    eshopbox, genlogs = apps["eshopbox"], apps["genlogs"]
    assert (eshopbox.name, eshopbox.sales_channel) == ("Acme Eshopbox", "ACME-ESHOPBOX")
    assert [where for _, where in installations_of(installation, eshopbox)] == [workspace]
    user = installation.people.find(workspace.id, USERNAME)
    assert user is not None
    assert user.company_id == genlogs.company_id is not None
    assert genlogs.token_claims["company_id"] == user.token_claims["company_id"] == 7713


def test_what_people_did_meanwhile_stays(installation):
    """Their own apps are not taken for the demonstration's, nor their choices undone; what is off is on."""
    prepare(installation, environ={})
    (workspace,) = installation.workspaces.all()
    (first,) = [app for app in installation.catalogue.apps() if app.dialect == "eshopbox"]
    draft = AppDraft(name="Mine", dialect="eshopbox", workspace=workspace)
    mine = create_app(installation, draft).app
    renamed = change_app(installation, first, AppChanges(name="Renamed"))
    turn_into_sales_channel(installation, renamed, "ean", code="OTHER")
    switch(installation, first, on=False)
    rename_workspace(installation, workspace, "Ours")
    ((installed, _),) = installations_of(installation, first)
    uninstall(installation, first, installed.id)
    found = prepare(installation, environ={}).credentials["eshopbox"]
    assert found["client_id"] == first.client_id
    now = installation.catalogue.app(first.client_id)
    assert (now.name, now.sales_channel, now.disabled_at) == ("Renamed", "OTHER", 0)
    assert len(installations_of(installation, first)) == 1
    assert installation.catalogue.app(mine.client_id) == mine


def test_another_installation_has_other_credentials(tmp_path):
    """Under the same root key, too."""
    environ = {"REMINT_ROOT_KEY": bytes(range(32)).hex()}
    found = []
    for name in ("one", "two"):
        opened = Installation(Settings(data_dir=tmp_path / name), environ=environ)
        found.append(prepare(opened, environ=environ).credentials)
        opened.close()
    for name in builtin_names():
        for key in found[0][name].keys() & {"client_secret", "api_key", "password"}:
            assert found[0][name][key] != found[1][name][key]


def test_its_representation_shows_no_secret(installation):
    """Should it ever be logged."""
    made = prepare(installation, environ={})
    shown = repr(made) + "".join(map(repr, made.calls))
    for credentials in made.credentials.values():
        for key in credentials.keys() - {"client_id", "partner_id", "username", "email"}:
            assert credentials[key] not in shown


def test_an_installation_in_earnest_is_refused(installation):
    """Before anything is made in it."""
    create_app(installation, AppDraft(name="A", dialect="oauth2", existing=Secret("x" * 32)))
    with pytest.raises(Conflict, match="no demonstration"):
        prepare(installation, environ={})
    assert installation.ledger.count() == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_address_of_this_machine_will_do(host):
    """Any of the loopback range."""
    check_loopback(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "localhost.example.com", ""])
def test_an_address_that_others_reach_will_not(host):
    """Nor a name that may be anybody's."""
    with pytest.raises(ConfigurationError, match="prints its credentials"):
        check_loopback(Settings(host=host))
