"""A store that is closed while somebody is still at work: what comes is kept, and nothing is opened again."""

from __future__ import annotations

from pathlib import Path

import pytest

from remint.errors import StoreUnavailable
from remint.keeper.connection import Answer, Held, Lease, Setup, Tokens
from remint.keeper.store.sqlite import SQLiteStore

HELD = Held("5f" * 16, "jane", Setup("oauth2"), Tokens("at", refresh_token="rt"))


def test_an_answer_that_comes_after_the_end(tmp_path: Path):
    store = SQLiteStore(tmp_path / "store", key="file")
    store.create(HELD)
    lease = store.acquire("jane", "me", 20_000)
    assert isinstance(lease, Lease)
    assert store.intend(lease, 1)
    store.close()
    answer = Answer(lease.fence, "rt", 2, 1, 200, [], b"{}")
    store.append(lease, answer)
    # It queues at no lock any more: the number of its file may be another's.
    with pytest.raises(StoreUnavailable, match="closed"):
        store.release(lease)
    assert store._database._writer is None
    store._database._readers.pop().connection.close()
    after = SQLiteStore(tmp_path / "store", key="file")
    assert [each.body for each in after.unread(HELD)] == [b"{}"]
    after.close()
