"""The keeper with node-oidc-provider, which rotates and revokes all it gave when a token comes twice."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from remint import ConnectionDead, Event, Keeper, Timing
from remint.clock import SystemClock
from remint.keeper.browser import authorize
from tests.keeper.month.relay import relay
from tests.keeper.node.peer import browse, peer

RENEWALS = 200
#: A token that was just made is renewed again here: that is what is tried.
TIMING = Timing(rejected_pause_seconds=0, first_pause_seconds=0.02, longest_pause_seconds=0.1)


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with peer(tmp_path_factory.mktemp("node")) as made:
        yield made


@pytest.fixture
def between(provider):
    """A relay to its token endpoint, which loses answers on demand."""
    with relay(lambda: urlsplit(provider.issuer).port or 0, SystemClock().now_ms) as made:
        yield made


@pytest.fixture
def keepers(tmp_path):
    """Two on one store, as two processes would have them, and what they tell."""
    events: list[Event] = []
    with (
        Keeper(tmp_path / "store", timing=TIMING, on_event=events.append) as first,
        Keeper(tmp_path / "store", timing=TIMING, on_event=events.append) as second,
    ):
        yield first, second, events


def log_in(keeper, provider, between, **options):
    """A connection through the browser, renewed by way of the relay."""
    return authorize(
        keeper,
        "ada",
        "oauth2",
        issuer=provider.issuer,
        token_url=f"{between.base_url}/token",
        scope="openid offline_access",
        # OpenID Connect Core §11: no refresh token without it.
        extras={"prompt": "consent"},
        show=browse,
        timeout_seconds=60,
        **{"client_id": "public", **options},
    )


@pytest.mark.parametrize("client", ["public", "confidential"])
def test_many_callers_and_one_line_of_tokens(provider, between, keepers, client):
    """However many find the token turned down at once, one renewal answers them all, 200 times over."""
    secret = {"client_secret": provider.secret} if client == "confidential" else {}
    log_in(keepers[0], provider, between, client_id=client, **secret)
    token = keepers[0].token("ada")
    assert provider.takes(token)
    before = provider.state()
    rounds = RENEWALS if client == "public" else 10
    with ThreadPoolExecutor(8) as pool:
        for _ in range(rounds):
            together = threading.Barrier(8)

            def replace(keeper, rejected=token, together=together):
                together.wait(30)
                return keeper.replaced("ada", rejected).token

            askers = itertools.islice(itertools.cycle(keepers[:2]), 8)
            found = set(map(str, pool.map(replace, askers)))
            assert len(found) == 1
            assert token not in found
            token = found.pop()
    after = provider.state()
    assert provider.takes(token)
    assert after["renewals"] - before["renewals"] == rounds
    assert (after["refused"], after["revoked"]) == (before["refused"], before["revoked"])
    assert keepers[1].status("ada").renewals == rounds


def test_a_request_that_never_arrived(provider, between, keepers):
    """It is sent once more, and nothing is lost."""
    keeper, _, events = keepers
    log_in(keeper, provider, between)
    rejected = keeper.token("ada")
    between.faults.append("drop before")
    assert provider.takes(keeper.replaced("ada", rejected).token)
    assert [event.kind for event in events] == ["connected", "in_doubt", "recovered"]


def test_a_lost_answer(provider, between, keepers):
    """The token in it is gone, and the one that was sent gives the rest away: it is told as it is.

    No client can mend that: the provider takes the second try for a theft, revokes the grant, and with it
    every token that came of it. A person has to log in, and then all is well.
    """
    keeper, other, events = keepers
    log_in(keeper, provider, between)
    before = provider.state()
    old = keeper.token("ada")
    between.faults.append("drop after")
    with pytest.raises(ConnectionDead) as dead:
        keeper.renew("ada")
    after = provider.state()
    assert after["renewals"] == before["renewals"] + 1
    assert after["refused"] == [*before["refused"], "refresh token already used"]
    assert after["revoked"] == before["revoked"] + 1
    assert not provider.takes(old)
    assert (dead.value.code, dead.value.outcome) == ("invalid_grant", "dead")
    assert "answer to an earlier renewal was lost" in dead.value.description
    assert [event.kind for event in events] == ["connected", "in_doubt", "dead"]
    status = other.status("ada")
    assert (status.state, status.code) == ("dead", "invalid_grant")
    with pytest.raises(ConnectionDead):
        other.replaced("ada", old)
    # The dead are not asked about again, however often somebody wants a token.
    assert provider.state() == after
    log_in(keeper, provider, between, replace=True)
    assert provider.takes(other.token("ada"))
    assert provider.takes(other.renew("ada"))
