"""Installing: here or in a development workspace, and what an installed app renews with."""

from __future__ import annotations

import msgspec
import pytest

from remint.errors import ConfigurationError, Conflict, NotFound, StaleVersion
from remint.issuer.apps.apps import switch
from remint.issuer.apps.installations import (
    install,
    install_in_development,
    installations_of,
    installed_in,
    new_refresh_token,
    uninstall,
)
from remint.issuer.grants.grants import state_of
from remint.issuer.tenants.workspaces import create_workspace
from tests.issuer.apps.conftest import BY_BEN, again, digest, made
from tests.issuer.people.conftest import told, trail


def word(installation, issued):
    """How the grant is now."""
    held = installation.ledger.find(issued.held.grant.id)
    return state_of(held, installation.clock.now_ms()).word


def test_an_installed_app_acts_for_its_workspace(installation, workspace, app):
    """Its grant's subject names the workspace, and so does a claim, as text."""
    done = install(installation, app, workspace, expected=1, actor=BY_BEN)
    held = done.issued.held
    assert held.grant.subject == f"workspace:{workspace.id}"
    assert held.terms.claims == {"workspace": str(workspace.id)}
    assert installations_of(installation, app) == [(done.installation, workspace)]
    assert again(installation, app).version == 2
    assert told(installation)[-2:] == ["app_installed", "grant_issued"]
    assert {each.actor for each in trail(installation)[:2]} == {"ben@example.com"}


def test_a_development_workspace_is_made_on_the_spot(installation, workspace, app):
    """It belongs to the app's own, and the app is installed in it at once."""
    done = install_in_development(installation, app, "acme-test", actor=BY_BEN)
    assert (done.workspace.kind, done.workspace.parent_id) == ("development", workspace.id)
    ((found, installed),) = installed_in(installation, done.workspace)
    assert (found, installed.client_id) == (done.installation, app.client_id)
    assert done.issued.held.grant.subject == f"workspace:{done.workspace.id}"


def test_nothing_is_made_where_the_name_is_taken(installation, workspace, app):
    """Neither a workspace nor an installation, nor a word in the trail."""
    create_workspace(installation, "taken")
    before = digest(installation)
    with pytest.raises(Conflict, match="'taken' exists already"):
        install_in_development(installation, app, "taken")
    with pytest.raises(StaleVersion):
        install_in_development(installation, app, "new", expected=9)
    assert digest(installation) == before


def test_an_app_stays_within_its_workspace(installation, workspace, app):
    """Another workspace, or a development workspace of another, is as if it were not there."""
    other = create_workspace(installation, "other")
    test = create_workspace(installation, "other-test", kind="development", parent=other)
    gone = msgspec.structs.replace(other, id=99)
    for place in (other, test, gone):
        with pytest.raises(NotFound, match=f"no workspace {place.id}"):
            install(installation, app, place)
    theirs = made(installation, test, "Theirs")
    with pytest.raises(NotFound):
        install(installation, theirs, other)
    with pytest.raises(Conflict, match="can have none of its own"):
        install_in_development(installation, theirs, "deeper")


def test_an_app_is_installed_once_in_a_workspace(installation, workspace, app):
    """Again only after it was taken out; then as another installation."""
    first = install(installation, app, workspace)
    with pytest.raises(Conflict, match="is installed in the workspace 'acme' already"):
        install(installation, app, workspace)
    uninstall(installation, app, first.installation.id)
    second = install(installation, app, workspace)
    assert second.installation.id != first.installation.id
    assert (word(installation, first.issued), word(installation, second.issued)) == (
        "revoked", "active"
    )  # fmt: skip


def test_uninstalling_revokes_that_installation_alone(installation, workspace, app):
    """With every refresh token of it; elsewhere, and of other apps, all goes on."""
    here = install(installation, app, workspace)
    further = new_refresh_token(installation, app, here.installation.id, actor=BY_BEN)
    there = install_in_development(installation, app, "acme-test")
    other = install(installation, made(installation, workspace, "Other"), workspace)
    seen = again(installation, app).version
    with pytest.raises(StaleVersion):
        uninstall(installation, app, here.installation.id, expected=seen - 1)
    uninstall(installation, app, here.installation.id, expected=seen, actor=BY_BEN)
    words = [
        word(installation, each) for each in (here.issued, further, there.issued, other.issued)
    ]
    assert words == ["revoked", "revoked", "active", "active"]
    with pytest.raises(NotFound, match="no installation number"):
        uninstall(installation, app, here.installation.id)
    with pytest.raises(NotFound):
        new_refresh_token(installation, app, here.installation.id)
    with pytest.raises(NotFound):
        uninstall(installation, app, other.installation.id)


def test_a_new_refresh_token_leaves_the_old_one_good(installation, workspace, app):
    """It is another grant of the same subject."""
    first = install(installation, app, workspace)
    second = new_refresh_token(installation, app, first.installation.id)
    assert second.refresh_token != first.issued.refresh_token
    assert second.held.grant.subject == first.issued.held.grant.subject
    assert word(installation, first.issued) == word(installation, second) == "active"


def test_an_app_whose_answers_would_lack_a_claim_is_not_installed(installation, workspace):
    """The claim is named, and nothing is left behind."""
    carrier = made(installation, workspace, "Carrier", dialect="genlogs")
    before = digest(installation)
    with pytest.raises(ConfigurationError, match="company_id"):
        install(installation, carrier, workspace)
    assert digest(installation) == before


def test_a_disabled_app_is_not_installed(installation, workspace, app):
    """It is to be enabled first."""
    off = switch(installation, app, on=False, expected=1, actor=BY_BEN)
    assert off.disabled_at
    with pytest.raises(Conflict, match="enable it first"):
        install(installation, off, workspace)
    assert installations_of(installation, app) == []
