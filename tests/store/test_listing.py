"""Grants as people list them: newest first, page by page, each once."""

from __future__ import annotations

import pytest

from remint.grant import Terms
from remint.grant.policy import Policy
from remint.store.listing import Listing, place_of
from tests.store.stores import NOW


@pytest.fixture
def listing(store) -> Listing:
    """The lists of that store."""
    return Listing(store.database)


def fill(store, count: int = 40, apps: int = 4) -> list[bytes]:
    """Grants of several apps of two workspaces, some of them of one second; their ids, newest first."""
    made, batch = [], []
    # In one transaction: what is listed here is of interest, not how it came there.
    with store.database.write():
        for number in range(count):
            app = store.app(f"app-{number % apps}", "main" if number % apps < apps - 1 else "other")
            created = NOW + number // 3
            grant = store.unsaved(
                number + 1, app_id=app.id, created_at=created, subject=f"user-{number % 5}"
            )
            batch.append(grant)
            made.append((created, int.from_bytes(grant.id[:8], "big") >> 1, grant.id))
        store.ledger.bring_in(batch, [Terms(Policy())] * count)
    return [id_ for _, _, id_ in sorted(made, reverse=True)]


def pages(ask, size: int) -> list[bytes]:
    """What ``ask(beyond=…, limit=…)`` gives page by page, to its end."""
    found, beyond = [], None
    while page := ask(beyond=beyond, limit=size):
        assert len(page) <= size
        found += [held.grant.id for held in page]
        beyond = place_of(page[-1])
    return found


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_every_list_has_each_grant_once_newest_first(store, listing, size):
    """Of an app, a workspace, a subject and everywhere; also where many were made in one second."""
    ids = fill(store)
    held = {id_: store.ledger.find(id_).grant for id_ in ids}
    main = {app.id for app in store.catalogue.apps(store.app("app-0").workspace_id)}
    app = store.app("app-1")

    def those(wanted):
        return [id_ for id_ in ids if wanted(held[id_])]

    lists = [
        (lambda **o: listing.of_app(app.id, **o), lambda g: g.app_id == app.id),
        (lambda **o: listing.of_workspace(app.workspace_id, **o), lambda g: g.app_id in main),
        (lambda **o: listing.of_workspace(None, **o), lambda g: True),
        (lambda **o: listing.of_subject("user-2", **o), lambda g: g.subject == "user-2"),
        (
            lambda **o: listing.of_subject("user-2", workspace_id=app.workspace_id, **o),
            lambda g: g.subject == "user-2" and g.app_id in main,
        ),
        (
            lambda **o: listing.of_subject("user-2", app_id=app.id, **o),
            lambda g: g.subject == "user-2" and g.app_id == app.id,
        ),
    ]
    for ask, wanted in lists:
        assert pages(ask, size) == those(wanted)


def test_there_may_be_nothing_to_list(store, listing):
    """An app without grants, a workspace without apps, a subject that nobody knows."""
    assert listing.of_app(store.app().id, limit=5) == []
    assert listing.of_workspace(99, limit=5) == []
    assert listing.of_subject("nobody", limit=5) == []
    assert listing.count(store.app().id, 5) == 0


def test_a_list_tells_of_revocation_by_epoch(store, listing):
    """What is listed has the epochs of now."""
    store.grant(1)
    store.catalogue.revoke_app(store.app())
    (held,) = listing.of_app(store.app().id, limit=5)
    assert held.grant.current_epoch > held.grant.epoch


def test_grants_are_counted_up_to_a_bound(store, listing):
    """Beyond it nobody counts."""
    store.many(7)
    assert listing.count(store.app().id, 5) == 5
    assert listing.count(store.app().id, 50) == 7


def test_more_apps_than_one_statement_takes(store, listing):
    """A page is the newest grants of all of them."""
    ids = fill(store, 240, apps=121)
    assert pages(lambda **o: listing.of_workspace(None, **o), 150) == ids
    assert len(listing.of_subject("user-1", limit=1000)) == 48
