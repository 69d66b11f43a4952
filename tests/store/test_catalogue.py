"""Workspaces, apps, credentials, users and the audit trail."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from remint.errors import Conflict, NotFound, StoreUnavailable
from remint.grant import Budget, Policy
from remint.store.protocols import AuditEvent
from remint.store.records import NewApp
from tests.store.stores import NOW, NOW_MS


def test_a_workspace_is_made_once(store):
    """Asking again gives the same one; one that is not there is named."""
    with pytest.raises(NotFound, match="'main'"):
        store.workspaces.named("main")
    made = store.workspaces.ensure("main")
    assert store.workspaces.ensure("main") == made
    assert (made.name, made.epoch, made.created_at) == ("main", 0, NOW)
    assert store.workspaces.all() == [made]


def test_an_app_comes_back_as_it_was_made(store):
    """Policy, claims and all; found by each of its names."""
    policy = Policy(retry_window_seconds=5, budget=Budget(3, 60))
    app = store.app(
        policy=policy, number=4_000_000_000, scope="a b", claims={"n": [1, {"é": None}]}
    )
    assert (app.policy, app.number, app.claims) == (policy, 4_000_000_000, {"n": [1, {"é": None}]})
    assert [secret.sha256 for secret in app.secrets] == [b"s" * 32]
    store.credentials.add_api_key(app, b"k" * 32)
    app = store.catalogue.app("app")
    finds: list[dict[str, Any]] = [
        {"client_id": "app"},
        {"number": 4_000_000_000},
        {"api_key_sha256": b"k" * 32},
    ]
    assert [store.catalogue.find(**find) for find in finds] == [app] * 3
    misses: list[dict[str, Any]] = [
        {"client_id": "App"},
        {"number": 1},
        {"api_key_sha256": b"x" * 32},
    ]
    assert [store.catalogue.find(**miss) for miss in misses] == [None] * 3
    with pytest.raises(NotFound, match="'nope'"):
        store.catalogue.app("nope")


def test_many_apps_are_found_at_once(store):
    """By number, those that there are; without their secrets."""
    first, second = store.app(), store.app("other")
    found = store.catalogue.all_numbered({first.id, second.id, 10**9})
    assert found == {each.id: msgspec.structs.replace(each, secrets=()) for each in (first, second)}
    assert store.catalogue.all_numbered(set()) == {}


def test_a_taken_name_is_a_conflict(store):
    """The client id, the number: nothing is left behind."""
    taken = store.app(number=1)
    again = NewApp(taken.workspace_id, "app", "x", "oauth2", "none", Policy())
    with pytest.raises(Conflict, match="'app'"):
        store.catalogue.create_app(again, None)
    with pytest.raises(Conflict, match="number 1"):
        store.app("other", number=1)
    assert len(store.catalogue.apps()) == 1


def test_two_secrets_may_be_valid_at_once(store):
    """The newest two are read, and a rotation ends those before it no later than it says."""
    app = store.app()
    store.credentials.add_secret(app, b"2" * 32, old_expires_at=NOW + 100)
    store.credentials.add_secret(app, b"3" * 32, old_expires_at=NOW + 50)
    store.credentials.add_secret(app, b"4" * 32, old_expires_at=NOW + 70)
    held = store.catalogue.app("app").secrets
    assert [(secret.sha256[:1], secret.expires_at) for secret in held] == [
        (b"4", 0),
        (b"3", NOW + 70),
    ]
    assert repr(held[0]) == f"ClientSecret(id={held[0].id}, …)"


def test_every_change_raises_the_version(store):
    """So that other processes notice; a look does not."""
    app = store.app()
    catalogue, credentials = store.catalogue, store.credentials
    changes = [
        catalogue.touch,
        lambda: credentials.add_secret(app, b"2" * 32, old_expires_at=NOW),
        lambda: credentials.add_api_key(app, b"k" * 32),
        lambda: catalogue.change(app, {"claims": {"a": 1}}),
        lambda: catalogue.set_disabled(app, True),
        lambda: catalogue.revoke_app(app),
        lambda: store.workspaces.revoke(store.workspaces.named("main")),
    ]
    for change in changes:
        before = catalogue.version()
        change()
        assert catalogue.version() > before
    before = catalogue.version()
    catalogue.apps(app.workspace_id)
    assert catalogue.version() == before
    assert catalogue.app("app").claims == {"a": 1}
    assert catalogue.app("app").disabled_at == NOW
    catalogue.set_disabled(app, False)
    assert catalogue.app("app").disabled_at == 0


def test_a_user_is_one_of_a_workspace(store):
    """The name is unique there, and spelt as it was."""
    here = store.workspaces.ensure("here").id
    there = store.workspaces.ensure("there").id
    for workspace in (here, there):
        store.people.create(workspace, "ada", subject="s", password_hash="h", claims={"c": 1})
    with pytest.raises(Conflict, match="'ada'"):
        store.people.create(here, "ada", subject="s", password_hash="h", claims={})
    user = store.people.find(here, "ada")
    assert user is not None and (user.subject, user.claims) == ("s", {"c": 1})
    assert store.people.find(here, "Ada") is None
    store.people.change(user, {"password_hash": "new"})
    assert [store.people.find(at, "ada").password_hash for at in (here, there)] == ["new", "h"]
    assert repr(user) == f"User(id={user.id}, username='ada', …)"


def test_the_trail_is_read_and_purged_in_order(store):
    """Newest first; the oldest go first, so many at a time."""
    told = [AuditEvent(NOW_MS + at, f"e{at}", 1, b"g" * 16, "me", {"at": at}) for at in range(5)]
    store.trail.record(told)
    assert store.trail.of_grant(b"g" * 16) == told
    assert store.trail.latest(2) == told[:-3:-1]
    assert store.trail.purge(NOW_MS + 3, limit=2) == 2
    assert store.trail.purge(NOW_MS + 3, limit=2) == 1
    assert store.trail.purge(NOW_MS + 3, limit=2) == 0
    assert store.trail.of_grant(b"g" * 16) == told[3:]
    store.trail.record([])


def test_the_newest_of_each_name_come_in_the_order_of_the_names(store):
    """So many of each, of one workspace, from a moment on; the newest first, the later written of two."""
    told = [
        AuditEvent(
            NOW_MS + at // 2,
            ("rewound", "reuse_detected", "app_created")[at % 3],
            at,
            workspace_id=7,
        )
        for at in range(24)
    ]
    elsewhere = AuditEvent(NOW_MS + 50, "rewound", workspace_id=8)
    store.trail.record([*told, elsewhere, msgspec.structs.replace(elsewhere, workspace_id=None)])
    asked = {"workspace_id": 7, "since_ms": NOW_MS + 8, "limit": 2}
    found = store.trail.newest_of_each(["reuse_detected", "rewound", "retry_streak"], **asked)
    assert found == [told[22], told[19], told[21], told[18]]


def test_a_missing_database_is_not_made_anew(store):
    """An empty one would log everybody out: unavailable, until it is back."""
    store.app()
    with store.gone():
        for use in (store.catalogue.apps, store.catalogue.touch, store.trail.latest):
            with pytest.raises(StoreUnavailable, match="does not answer"):
                use()
    assert len(store.catalogue.apps()) == 1


def test_policies_are_kept_as_data(store):
    """What the row holds can be read without this code."""
    store.app(policy=Policy(rotation="keep"))
    with store.database.read() as connection:
        text = connection.exec_driver_sql("SELECT policy FROM apps").scalar()
    assert msgspec.json.decode(text)["rotation"] == "keep"
