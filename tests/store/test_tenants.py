"""Workspaces, credentials, installations, companies and users: who won, what is whose, what is found."""

from __future__ import annotations

from typing import Any

import pytest

from remint.errors import Conflict, NotFound, StaleVersion
from tests.store.stores import NOW


def test_a_closed_workspace_gives_its_name_back(store):
    """It is found by its id, and listed among all; not by name, and not among the open."""
    home = store.workspaces.ensure("acme")
    test = store.workspaces.create("acme-test", kind="development", parent_id=home.id)
    closed = store.workspaces.close(test, expected=1)
    assert (closed.closed_at, closed.version) == (NOW, 2)
    with pytest.raises(NotFound):
        store.workspaces.named("acme-test")
    with pytest.raises(NotFound):
        store.workspaces.named(closed.name)
    again = store.workspaces.create("acme-test", kind="development", parent_id=home.id)
    assert store.workspaces.open() == [home, again]
    assert store.workspaces.open(home.id) == [again]
    assert store.workspaces.all() == [home, closed, again]
    assert store.workspaces.numbered(test.id) == closed


def test_a_taken_name_is_a_conflict_and_leaves_nothing(store):
    """For a new workspace, and for a renamed one."""
    home, other = store.workspaces.ensure("acme"), store.workspaces.ensure("other")
    with pytest.raises(Conflict, match="'acme' exists already"):
        store.workspaces.create("acme")
    with pytest.raises(Conflict, match="'acme' exists already"):
        store.workspaces.rename(other, "acme")
    assert store.workspaces.all() == [home, other]


def changes_of(store) -> list[Any]:
    """A change of each versioned row, one after another; each takes ``expected``."""
    home, app = store.workspaces.ensure("main"), store.app()
    place = store.app_installations.add(app, home)
    company = store.companies.create(home.id, 1, "One")
    user = store.people.create(home.id, "ada", subject="s", password_hash="h", claims={})
    key = store.credentials.add_api_key(app, b"k" * 32)
    secret = store.catalogue.app("app").secrets[0]
    return [
        lambda **seen: store.workspaces.rename(home, "new", **seen),
        lambda **seen: store.catalogue.change(app, {"name": "B"}, **seen),
        lambda **seen: store.catalogue.set_disabled(app, True, **seen),
        lambda **seen: store.catalogue.revoke_app(app, **seen),
        lambda **seen: store.credentials.end_secret(app, secret.id, **seen),
        lambda **seen: store.credentials.add_secret(app, b"2" * 32, old_expires_at=NOW, **seen),
        lambda **seen: store.credentials.add_api_key(app, b"l" * 32, **seen),
        lambda **seen: store.credentials.revoke_api_key(app, key.id, **seen),
        lambda **seen: store.app_installations.remove(app, place, **seen),
        lambda **seen: store.app_installations.add(app, home, **seen),
        lambda **seen: store.companies.rename(company, "Two", **seen),
        lambda **seen: store.people.change(user, {"claims": {"a": 1}}, **seen),
        lambda **seen: store.workspaces.close(home, **seen),
    ]


def told(store) -> Any:
    """What can be seen of everything."""
    app = store.catalogue.app("app")
    home = store.workspaces.numbered(app.workspace_id)
    return (
        home,
        app,
        store.credentials.api_keys(app),
        store.app_installations.of_app(app),
        store.companies.search(home.id),
        store.people.search(home.id),
    )


def test_a_change_from_an_older_version_is_refused_whole(store):
    """Whoever saw the newest one may change it, or who does not mind; each change is told by its version."""
    for change in changes_of(store):
        before = told(store)
        with pytest.raises(StaleVersion, match="changed meanwhile"):
            change(expected=99)
        assert told(store) == before
        change()
        assert told(store) != before


def test_a_row_that_is_gone_is_not_found(store):
    """By a row that never was."""
    app = store.app()
    for wrong in (
        lambda: store.companies.numbered(app.workspace_id, 9),
        lambda: store.companies.with_number(app.workspace_id, 9),
        lambda: store.people.numbered(app.workspace_id, 9),
        lambda: store.app_installations.find(app, 9),
        lambda: store.credentials.end_secret(app, 9),
        lambda: store.workspaces.numbered(9),
        lambda: store.catalogue.app_numbered(9),
    ):
        with pytest.raises(NotFound):
            wrong()


def test_an_app_is_installed_once_and_again_after_it_was_taken_out(store):
    """What was taken out stays in the table, and is told no more."""
    app, home = store.app(), store.workspaces.ensure("main")
    first = store.app_installations.add(app, home)
    with pytest.raises(Conflict, match="installed in the workspace 'main' already"):
        store.app_installations.add(app, home)
    store.app_installations.remove(app, first)
    with pytest.raises(NotFound):
        store.app_installations.remove(app, first)
    second = store.app_installations.add(app, home)
    assert second.id != first.id
    assert store.app_installations.find(app, second.id) == (second, store.workspaces.named("main"))
    assert store.app_installations.in_workspace(home.id) == [second]
    store.app_installations.remove_all_in(home)
    assert store.app_installations.of_app(app) == []


def test_a_company_is_in_what_its_app_and_user_carry(store):
    """And its new name is at once: the catalogue's version tells."""
    home = store.workspaces.ensure("main")
    company = store.companies.create(home.id, 2**53 - 1, "One")
    with pytest.raises(Conflict, match="exists already"):
        store.companies.create(home.id, 2**53 - 1, "Two")
    app = store.app(company_id=company.id, claims={"a": 1})
    store.people.create(
        home.id, "ada", subject="s", password_hash="h", claims={}, company_id=company.id
    )
    version = store.catalogue.version()
    store.companies.rename(company, "Two", expected=1)
    assert store.catalogue.version() > version
    carried = {"company_id": 2**53 - 1, "customer_name": "Two"}
    assert store.catalogue.app(app.client_id).token_claims == {"a": 1, **carried}
    assert store.people.find(home.id, "ada").token_claims == carried


def test_a_code_is_one_channels(store):
    """In the whole installation; none is as good as none."""
    first, second = store.app(), store.app("second", "elsewhere")
    values = {"sales_channel": "ACME", "product_identifier": "sku"}
    store.catalogue.change(first, values)
    with pytest.raises(Conflict, match="'ACME' exists already"):
        store.catalogue.change(second, values)
    assert store.catalogue.sales_channels("AC") == {"ACME"}
    assert store.catalogue.sales_channels("B") == set()
    none = {"sales_channel": None, "product_identifier": ""}
    store.catalogue.change(first, none)
    store.catalogue.change(second, none)


def test_lists_come_in_pages_and_by_what_is_in_a_name(store):
    """However that is written, and with the signs of LIKE taken as they are."""
    home, other = store.workspaces.ensure("main"), store.workspaces.ensure("other")
    for number, name in enumerate(("Ada 100%", "Ben", "ada_b"), 1):
        store.companies.create(home.id, number, name)
        store.people.create(home.id, name, subject="s", password_hash="h", claims={})
        store.app(f"client-{number}", name=name)
    store.companies.create(other.id, 1, "Ada")
    for search in (store.companies.search, store.people.search, store.catalogue.search):
        rows = search(home.id)
        assert [each.id for each in search(home.id, query="ADA")] == [rows[0].id, rows[2].id]
        assert [each.id for each in search(home.id, query="%")] == [rows[0].id]
        assert [each.id for each in search(home.id, query="_")] == [rows[2].id]
        assert [each.id for each in search(home.id, after=rows[0].id, limit=1)] == [rows[1].id]
    assert [each.number for each in store.companies.search(home.id, query="2")] == [2]
    assert [each.name for each in store.catalogue.search(home.id, query="client-2")] == ["Ben"]
