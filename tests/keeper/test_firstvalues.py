"""Values that no request can carry are refused before anything is kept, and not repeated."""

from __future__ import annotations

import pytest

from remint import ConfigurationError, Keeper
from remint.keeper.store.memory import MemoryStore

GIVEN = {"base_url": "http://127.0.0.1:9", "client_id": "app", "refresh_token": "rt-1"}


@pytest.mark.parametrize(
    "key, value",
    [
        ("refresh_token", "canary\r\nX-Evil: 1"),
        ("refresh_token", "canary\ud800"),
        ("client_id", "canary\udfff"),
        ("access_token", "canary\n"),
        ("expires_at_ms", 2**70),
        ("expires_at_ms", -1),
    ],
)
def test_a_value_that_cannot_travel_is_refused(key, value):
    """With an error that names it and does not show it; and no connection is left behind."""
    with Keeper(MemoryStore()) as keeper:
        with pytest.raises(ConfigurationError) as caught:
            keeper.connect("a", "oauth2", **{**GIVEN, key: value})
        assert caught.value.key == key
        assert "canary" not in str(caught.value)
        assert not list(keeper.statuses())


@pytest.mark.parametrize("name", ["", " a", "a\nb", "a\ud800", "x" * 201])
def test_a_name_that_cannot_be_kept_is_refused(name):
    """Names are printable text."""
    with Keeper(MemoryStore()) as keeper, pytest.raises(ConfigurationError) as caught:
        keeper.connect(name, "oauth2", **GIVEN)
    assert caught.value.key == "name"
