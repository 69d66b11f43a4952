"""What apps show, as it is kept: which secrets end by themselves, and when."""

from __future__ import annotations

import pytest

from remint.store.credentials import Credentials


@pytest.fixture
def credentials(store) -> Credentials:
    """Those of that store."""
    return Credentials(store.database)


def test_secrets_that_end_soon_are_found_the_next_one_first(store, credentials):
    """Of one workspace's enabled apps: not those that go on, have ended, or end later."""
    now_s = store.database.now_ms() // 1000
    soon, sooner, off = store.app("soon"), store.app("sooner"), store.app("off")
    other = store.app("other", "another")
    for app, ends_in in ((soon, 500), (sooner, 100), (off, 100), (other, 100)):
        credentials.add_secret(app, app.client_id.encode() * 4, old_expires_at=0)
        credentials.add_secret(app, app.client_id.encode() * 5, old_expires_at=now_s + ends_in)
    store.catalogue.set_disabled(off, True)
    found = credentials.ending(soon.workspace_id, now_s + 1000)
    assert [(client_id, ends_at - now_s) for client_id, _, ends_at in found] == [
        ("sooner", 100),
        ("soon", 500),
    ]
    assert [each[0] for each in credentials.ending(soon.workspace_id, now_s + 200)] == ["sooner"]
    store.clock.step(300_000)
    assert [each[0] for each in credentials.ending(soon.workspace_id, now_s + 1000)] == ["soon"]
