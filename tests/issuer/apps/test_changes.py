"""What can be changed of an app, and what that holds for."""

from __future__ import annotations

import pytest

from remint.errors import ConfigurationError, NotFound, StaleVersion
from remint.grant import PRESETS
from remint.issuer.apps.apps import AppDraft, app_in, apps_in, create_app
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.apps.policies import dialect_policy
from remint.issuer.grants.grants import issue_for
from remint.issuer.tenants.companies import create_company
from tests.issuer.apps.conftest import BY_BEN, again, made
from tests.issuer.people.conftest import trail


def test_only_what_is_given_changes(installation, app):
    """And the trail names it."""
    changed = change_app(
        installation,
        app,
        AppChanges(name="Other", description="two\r\nlines ", scope="a b a"),
        expected=1,
        actor=BY_BEN,
    )
    assert (changed.name, changed.description, changed.scope) == ("Other", "two\nlines", "a b")
    assert (changed.policy, changed.audience, changed.version) == (app.policy, "", 2)
    event = trail(installation)[0]
    assert (event.event, event.app_id) == ("app_changed", app.id)
    assert event.detail == {"fields": ["description", "name", "scope"]}


def test_a_policy_changes_rule_by_rule_or_as_a_whole(installation, app):
    """Over the present one, over a preset, or back to the dialect's own."""
    own = dialect_policy(installation.dialects["eshopbox"])
    rule = AppChanges(policy={"access_lifetime_seconds": 900})
    changed = change_app(installation, app, rule)
    assert (changed.policy.access_lifetime_seconds, changed.policy.budget) == (900, own.budget)
    assert trail(installation)[0].detail["policy"] == {"access_lifetime_seconds": 900}
    rule = AppChanges(policy={"idle_lifetime_seconds": None})
    changed = change_app(installation, changed, rule)
    assert changed.policy.access_lifetime_seconds == 900
    assert changed.policy.idle_lifetime_seconds is None
    changed = change_app(installation, changed, AppChanges(preset="fapi2-confidential"))
    assert changed.policy == PRESETS["fapi2-confidential"]
    changed = change_app(installation, changed, AppChanges(preset=None))
    assert changed.policy == own


def test_what_was_granted_before_keeps_its_rules(installation, app):
    """A changed policy and scope are the next grant's."""
    before = issue_for(installation, app, "ada").held
    changed = change_app(
        installation, app, AppChanges(policy={"access_lifetime_seconds": 60}, scope="orders")
    )
    after = issue_for(installation, changed, "ada").held
    assert installation.ledger.find(before.grant.id).terms == before.terms
    assert before.terms.policy.access_lifetime_seconds == 86_400
    assert (after.terms.policy.access_lifetime_seconds, after.terms.scope) == (60, "orders")


def test_a_new_algorithm_has_its_key_at_once(installation, app):
    """Before the first token that needs it."""
    change_app(installation, app, AppChanges(policy={"access_algorithm": "EdDSA"}))
    ring = installation.ring_file.load()
    assert ring.signing_key("EdDSA", installation.clock.now_ms(), None) is not None


@pytest.mark.parametrize(
    "changes, key",
    [
        (AppChanges(name=" "), "name"),
        (AppChanges(description="x" * 1001), "description"),
        (AppChanges(scope='a"b'), "scope"),
        (AppChanges(audience="two words"), "audience"),
        (AppChanges(claims={"sub": "x"}), "claims.sub"),
        (AppChanges(company=99), "company"),
        (AppChanges(company=10**30), "company"),
        (AppChanges(preset="none"), "preset"),
        (AppChanges(policy={"rotations": 1}), "policy rotations"),
        (AppChanges(policy={"access_lifetime_seconds": 0}), "policy access_lifetime_seconds"),
    ],
)
def test_what_will_not_do_is_named(installation, app, changes, key):
    """And nothing is changed, of what would do neither."""
    with pytest.raises(ConfigurationError) as caught:
        change_app(installation, app, changes)
    assert caught.value.key == key
    assert again(installation, app) == app


def test_the_later_of_two_writers_is_told(installation, app):
    """Whatever each of them changed."""
    first = change_app(installation, app, AppChanges(name="First"), expected=1)
    with pytest.raises(StaleVersion, match="changed meanwhile"):
        change_app(installation, app, AppChanges(description="second"), expected=1)
    assert again(installation, app) == first


def test_a_company_of_another_workspace_is_none(installation, workspace, app):
    """An app carries the number and name of its own workspace's."""
    other = installation.workspaces.ensure("other")
    theirs = create_company(installation, other, 1, "Theirs")
    ours = create_company(installation, workspace, 7713, "Acme Freight")
    with pytest.raises(ConfigurationError, match="no company"):
        change_app(installation, app, AppChanges(company=theirs.id))
    changed = change_app(installation, app, AppChanges(company=ours.id, claims={"a": 1}))
    assert changed.token_claims == {"a": 1, "company_id": 7713, "customer_name": "Acme Freight"}
    assert change_app(installation, changed, AppChanges(company=None)).token_claims == {"a": 1}
    draft = AppDraft(name="B", dialect="oauth2", workspace=workspace, company=theirs.id)
    with pytest.raises(ConfigurationError, match="no company"):
        create_app(installation, draft)


def test_an_app_is_found_in_its_workspace_alone(installation, workspace, app):
    """Elsewhere it is as if it were not there."""
    other = installation.workspaces.ensure("other")
    assert app_in(installation, workspace, app.client_id).id == app.id
    for place, client_id in ((other, app.client_id), (workspace, "nope")):
        with pytest.raises(NotFound, match="no app with the client id"):
            app_in(installation, place, client_id)


def test_apps_are_searched_and_paged(installation, workspace):
    """By name, however it is capitalised, or by client id; a sign of LIKE is a sign like any other."""
    names = ["Acme 100%", "Beta", "acme two", "Gamma_1"]
    rows = [made(installation, workspace, name).id for name in names]
    found = apps_in(installation, workspace, query="ACME")
    assert [each.name for each in found] == ["Acme 100%", "acme two"]
    assert [each.name for each in apps_in(installation, workspace, query="%")] == ["Acme 100%"]
    assert [each.name for each in apps_in(installation, workspace, query="_")] == ["Gamma_1"]
    client_id = installation.catalogue.app_numbered(rows[1]).client_id
    assert [each.id for each in apps_in(installation, workspace, query=client_id)] == [rows[1]]
    page = apps_in(installation, workspace, after=rows[0], limit=2)
    assert [each.id for each in page] == rows[1:3]


@pytest.mark.parametrize("client_id", ["é", "a\nb", "x" * 201])
def test_a_client_id_that_no_request_carries_is_refused(installation, workspace, client_id):
    """RFC 6749 appendix A.1."""
    draft = AppDraft(name="A", dialect="oauth2", workspace=workspace, client_id=client_id)
    with pytest.raises(ConfigurationError) as caught:
        create_app(installation, draft)
    assert caught.value.key == "client_id"
