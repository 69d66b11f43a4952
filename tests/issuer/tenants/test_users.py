"""Users and companies: who may log in by which app, and what their tokens carry."""

from __future__ import annotations

import json

import pytest
from msgspec import UNSET

from remint.errors import ConfigurationError, Conflict, NotFound, StaleVersion
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.people.passwords import is_password
from remint.issuer.tenants.companies import change_company, companies, company, create_company
from remint.issuer.tenants.users import (
    change_user,
    create_user,
    may_log_in_by,
    set_user_password,
    user,
    users,
)
from remint.secret import Secret
from tests.issuer.apps.conftest import BY_BEN, made
from tests.issuer.people.conftest import told, trail


def test_a_user_carries_the_company(installation, workspace):
    """Its number and name beside the user's own claims."""
    acme = create_company(installation, workspace, 7713, "Acme Freight", actor=BY_BEN)
    done = create_user(
        installation, "ada@example.com", workspace=workspace, company=acme.id, claims={"a": 1}
    )
    assert done.user.token_claims == {
        "a": 1, "company_id": 7713, "customer_name": "Acme Freight"
    }  # fmt: skip
    renamed = change_company(installation, acme, name="Acme", expected=1, actor=BY_BEN)
    assert user(installation, workspace, done.user.id).token_claims["customer_name"] == "Acme"
    with pytest.raises(StaleVersion):
        change_company(installation, acme, name="Again", expected=1)
    assert company(installation, workspace, acme.id) == renamed
    assert told(installation) == ["company_created", "user_created", "company_changed"]


@pytest.mark.parametrize("number", [0, -1, 2**53])
def test_a_number_that_does_not_travel_is_refused(installation, workspace, number):
    """RFC 8259 §6: not every reader takes a larger one for itself."""
    with pytest.raises(ConfigurationError) as caught:
        create_company(installation, workspace, number, "Acme")
    assert caught.value.key == "number"


def test_companies_are_a_workspaces_own(installation, workspace):
    """A number is unique in it; those of another are out of reach."""
    other = installation.workspaces.ensure("other")
    ours = create_company(installation, workspace, 7713, "Acme Freight")
    theirs = create_company(installation, other, 7713, "Their Freight")
    with pytest.raises(Conflict, match="number 7713 exists already"):
        create_company(installation, workspace, 7713, "Again")
    with pytest.raises(NotFound):
        company(installation, workspace, theirs.id)
    with pytest.raises(ConfigurationError, match="no company"):
        create_user(installation, "ada", workspace=workspace, company=theirs.id)
    last = create_company(installation, workspace, 8, "Beta")
    assert companies(installation, workspace, query="freight") == [ours]
    assert companies(installation, workspace, query="771") == [ours]
    assert companies(installation, workspace, after=ours.id) == [last]
    assert companies(installation, workspace, limit=1) == [ours]


def test_an_app_of_a_company_is_for_that_companys_users(installation, workspace):
    """One of no company is for everybody's."""
    acme = create_company(installation, workspace, 1, "Acme")
    own = made(installation, workspace, company=acme.id)
    shared = made(installation, workspace)
    assert [may_log_in_by(own, each) for each in (acme.id, None, 99)] == [True, False, False]
    assert all(may_log_in_by(shared, each) for each in (acme.id, None, 99))


def test_a_user_that_an_app_could_not_answer_is_refused(installation, workspace):
    """Every answer of GenLogs names a company: of the app or of the user."""
    acme = create_company(installation, workspace, 1, "Acme")
    made(installation, workspace, "Carrier", dialect="genlogs")
    with pytest.raises(ConfigurationError, match="company_id"):
        create_user(installation, "ada", workspace=workspace)
    done = create_user(installation, "ada", workspace=workspace, company=acme.id)
    with pytest.raises(ConfigurationError, match="company_id"):
        change_user(installation, done.user, company=None)
    with pytest.raises(ConfigurationError, match="integer"):
        change_user(installation, done.user, company=None, claims={"company_id": "seven"})
    changed = change_user(installation, done.user, company=None, claims={"company_id": 7})
    assert (changed.company_id, changed.token_claims) == (None, {"company_id": 7})


def test_only_what_is_given_changes_of_a_user(installation, workspace):
    """And the later of two writers is told."""
    ada = create_user(installation, "ada", workspace=workspace, claims={"a": 1}).user
    off = change_user(installation, ada, disabled=True, expected=1, actor=BY_BEN)
    assert (off.disabled_at > 0, off.claims, off.company_id, off.version) == (
        True, {"a": 1}, None, 2
    )  # fmt: skip
    with pytest.raises(StaleVersion):
        change_user(installation, ada, claims={}, company=UNSET, expected=1)
    on = change_user(installation, off, disabled=False, claims={}, expected=2)
    assert (on.disabled_at, on.claims) == (0, {})
    assert trail(installation)[0].detail["fields"] == ["claims", "disabled_at"]


def test_a_password_is_set_or_drawn(installation, workspace):
    """The drawn one is given back, and works; one that is too short is refused at its field."""
    done = create_user(installation, "ada", workspace=workspace)
    drawn = set_user_password(installation, done.user, expected=1, actor=BY_BEN)
    ada = user(installation, workspace, done.user.id)
    assert is_password(ada.password_hash, drawn)
    assert not is_password(ada.password_hash, done.password)
    with pytest.raises(StaleVersion):
        set_user_password(installation, ada, Secret("long enough"), expected=1)
    with pytest.raises(ConfigurationError) as caught:
        set_user_password(installation, ada, Secret("short"))
    assert caught.value.key == "password"
    assert told(installation)[-1] == "user_password_set"
    assert drawn.reveal() not in repr(trail(installation))


@pytest.mark.parametrize(
    "username, subject, key",
    [
        ("", "", "username"),
        ("a\nb", "", "username"),
        ("x" * 321, "", "username"),
        ("ada", "workspace:1", "subject"),
        ("ada", "x" * 256, "subject"),
    ],
)
def test_names_that_will_not_do_are_refused(installation, workspace, username, subject, key):
    """Nobody is called as an installed app is."""
    with pytest.raises(ConfigurationError) as caught:
        create_user(installation, username, workspace=workspace, subject=subject)
    assert caught.value.key == key
    assert users(installation, workspace) == []


def test_users_are_searched_and_paged(installation, workspace):
    """In their workspace alone."""
    other = installation.workspaces.ensure("other")
    create_user(installation, "ada@example.com", workspace=other)
    rows = [
        create_user(installation, name, workspace=workspace).user.id
        for name in ("Ada@example.com", "ben@example.com", "b_n")
    ]
    found = users(installation, workspace, query="ADA")
    assert [each.id for each in found] == rows[:1]
    assert [each.id for each in users(installation, workspace, query="_")] == rows[2:]
    assert [each.id for each in users(installation, workspace, after=rows[0], limit=1)] == rows[1:2]
    with pytest.raises(NotFound):
        user(installation, other, rows[0])


@pytest.mark.parametrize(
    "claims", [{"note": "a" * 9000}, {"deep": json.loads("[" * 40 + "]" * 40)}]
)
def test_claims_that_no_header_could_carry_are_refused(installation, workspace, claims):
    """A token of a megabyte is no use to its holder, and costs everybody who shares the issuer."""
    with pytest.raises(ConfigurationError) as caught:
        create_user(installation, "ada@example.com", workspace=workspace, claims=claims)
    assert caught.value.key == "claims"
    app = made(installation, workspace, "Orders")
    with pytest.raises(ConfigurationError) as caught:
        change_app(installation, app, AppChanges(claims=claims))
    assert caught.value.key == "claims"
