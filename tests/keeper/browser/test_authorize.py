"""Connecting through a browser, from the address to a connection that renews."""

from __future__ import annotations

import asyncio
import threading

import pytest

from remint.errors import ConfigurationError, Conflict, Refusal
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.browser import authorize, authorize_async
from remint.keeper.keeper import Keeper
from tests.keeper.browser.visits import log_in, redeem, turn_down, visit
from tests.keeper.provider import access_token, provider


@pytest.fixture
def supplier():
    with provider() as made:
        yield made


@pytest.fixture
def keeper():
    with Keeper("memory:") as made:
        yield made


def browse(url):
    """A browser that follows one redirect, as a program beside this one would."""
    threading.Thread(target=lambda: visit(visit(url).headers["location"])).start()


def test_a_login_becomes_a_connection(keeper, supplier):
    """PKCE is checked by the provider; from then on the refresh token renews it."""
    supplier.do(log_in, redeem)
    status = authorize(
        keeper,
        "acme",
        "oauth2",
        base_url=supplier.base_url,
        client_id="me",
        client_secret="cs",
        scope="read",
        show=browse,
        timeout_seconds=20,
    )
    assert status.grant == "refresh_token"
    assert keeper.token("acme") == access_token("ada", 0)
    assert keeper.renew("acme") == access_token("ada", 1)
    assert supplier.calls[-1].headers["authorization"].startswith("Basic ")
    assert "scope" not in supplier.calls[-1].form


async def test_an_event_loop_goes_on_meanwhile(supplier):
    """The same, awaited."""
    supplier.do(log_in, redeem)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    async with AsyncKeeper("memory:") as keeper:
        status = await authorize_async(
            keeper,
            "acme",
            "oauth2",
            base_url=supplier.base_url,
            client_id="me",
            show=browse,
            timeout_seconds=20,
        )
        assert status.name == "acme"
        assert await keeper.token("acme") == access_token("ada", 0)
    ticking.cancel()
    assert ticks > 1


async def test_a_login_that_is_cancelled_listens_no_more():
    """Nobody waits for it in the background either."""
    async with AsyncKeeper("memory:") as keeper:
        shown = asyncio.Event()
        loop = asyncio.get_running_loop()
        waiting = asyncio.create_task(
            authorize_async(
                keeper,
                "acme",
                "oauth2",
                base_url="https://id.example.com",
                client_id="me",
                show=lambda _url: loop.call_soon_threadsafe(shown.set),
            )
        )
        await shown.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert not [each for each in threading.enumerate() if each.name == "remint-loopback"]


def test_a_no_makes_nothing(keeper, supplier):
    """The provider's words come through."""
    supplier.do(turn_down)
    with pytest.raises(Refusal, match=r"access_denied: She said <no>\."):
        authorize(
            keeper,
            "acme",
            "oauth2",
            base_url=supplier.base_url,
            client_id="me",
            show=browse,
            timeout_seconds=20,
        )
    assert list(keeper.statuses()) == []


def test_a_name_that_is_taken(keeper, supplier):
    """It is told before anybody has the trouble of a login."""
    given = {"base_url": supplier.base_url, "client_id": "me", "timeout_seconds": 20}
    supplier.do(log_in, redeem)
    authorize(keeper, "acme", "oauth2", show=browse, **given)
    with pytest.raises(Conflict):
        authorize(keeper, "acme", "oauth2", show=pytest.fail, **given)
    supplier.do(log_in, redeem)
    authorize(keeper, "acme", "oauth2", show=browse, replace=True, **given)


def test_an_issuer_tells_its_addresses(keeper, supplier):
    """Metadata says where the endpoints are; the answer must be of that issuer."""
    issuer = supplier.base_url
    metadata = (
        f'{{"issuer":"{issuer}","token_endpoint":"{issuer}/t?x=1",'
        f'"authorization_endpoint":"{issuer}/a"}}'
    ).encode()
    supplier.do(lambda _provider, _call: (200, {}, metadata), log_in, redeem)
    authorize(
        keeper, "acme", "oauth2", issuer=issuer, client_id="me", show=browse, timeout_seconds=20
    )
    assert [call.path.split("?")[0] for call in supplier.calls] == [
        "/.well-known/oauth-authorization-server",
        "/a",
        "/t",
    ]
    assert keeper.renew("acme") == access_token("ada", 1)
    assert supplier.calls[-1].path == "/t?x=1"


@pytest.mark.parametrize(
    "dialect, given, said",
    [
        ("partner", {}, "knows no login in a browser"),
        ("oauth2", {"token_url": "https://a/t"}, "authorize_url: is not known"),
        ("oauth2", {"base_url": "https://a", "client_id": ""}, "client_id"),
        ("oauth2", {"authorize_url": "http://example.com"}, "authorize_url: will not do"),
    ],
)
def test_what_is_lacking_is_named(keeper, dialect, given, said):
    """Before a browser opens."""
    with pytest.raises(ConfigurationError, match=said):
        authorize(keeper, "acme", dialect, show=pytest.fail, **{"client_id": "me", **given})
