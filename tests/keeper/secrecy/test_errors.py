"""Errors travel between processes, whole but for what is only logged."""

from __future__ import annotations

import pickle

import pytest

from remint import (
    ConfigurationError,
    ConnectionDead,
    Refusal,
    RenewalDelayed,
    StoreUnavailable,
    UnknownConnection,
    VaultError,
)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionDead("ada", "invalid_grant", "gone", outcome="login"),
        RenewalDelayed("ada", "busy", retry_after_seconds=3),
        UnknownConnection("ada"),
        ConfigurationError("is missing", key="client_id"),
        StoreUnavailable("away", retry_after_seconds=3),
        VaultError("another key", where="here"),
        Refusal("invalid_grant", "no", outcome="dead", retry_after_seconds=2),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel(error):
    """As a pool of processes or a queue of tasks sends them."""
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error)
    assert (str(found), vars(found)) == (str(error), vars(error))


def test_what_is_only_logged_stays():
    """The half of a refusal that its caller never sees."""
    sent = pickle.dumps(Refusal("invalid_grant", "no", logged="the canary"))
    assert b"canary" not in sent
    assert pickle.loads(sent).logged == ""
