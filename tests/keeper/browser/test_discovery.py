"""What an issuer says of itself, and whom it may speak for."""

from __future__ import annotations

import json

import pytest

from remint.clock import SystemClock
from remint.errors import ConfigurationError
from remint.keeper.browser import Metadata, discover
from remint.keeper.exchange import Exchange
from remint.keeper.timing import Timing
from tests.keeper.provider import provider, reply


@pytest.fixture
def supplier():
    with provider() as made:
        yield made


@pytest.fixture
def exchange():
    made = Exchange(SystemClock(), Timing())
    yield made
    made.close()


def metadata(issuer, **members):
    said = {"issuer": issuer, "token_endpoint": f"{issuer}/t", **members}
    return reply(200, json.dumps(said).encode())


def test_the_first_well_known_address(supplier, exchange):
    """RFC 8414 §3.1: before the path."""
    issuer = f"{supplier.base_url}/tenant"
    supplier.do(metadata(issuer, authorization_endpoint=f"{issuer}/a", other=1))
    assert discover(issuer, exchange) == Metadata(issuer, f"{issuer}/t", f"{issuer}/a")
    assert supplier.calls[0].path == "/.well-known/oauth-authorization-server/tenant"


def test_openid_connect_is_second(supplier, exchange):
    """OpenID Connect Discovery 1.0 §4: behind the path."""
    issuer = f"{supplier.base_url}/tenant"
    supplier.do(reply(404, b""), metadata(issuer))
    assert discover(issuer, exchange).authorization_endpoint == ""
    assert supplier.calls[1].path == "/tenant/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "answer, said",
    [
        (reply(200, b'{"issuer":"https://evil","token_endpoint":"https://evil/t"}'), "another"),
        (reply(200, b"<html>"), "is no metadata"),
        (reply(200, b'{"issuer":1}'), "is no metadata"),
    ],
)
def test_what_is_not_believed(supplier, exchange, answer, said):
    """Another issuer's words (RFC 8414 §3.3), and what is no metadata."""
    supplier.do(answer)
    with pytest.raises(ConfigurationError, match=said):
        discover(supplier.base_url, exchange)


def test_an_endpoint_in_the_clear(supplier, exchange):
    """A token endpoint elsewhere without TLS is refused, unless that is meant."""
    supplier.do(metadata(supplier.base_url, token_endpoint="http://example.com/t"))
    with pytest.raises(ConfigurationError, match="token_endpoint"):
        discover(supplier.base_url, exchange)
    supplier.do(metadata(supplier.base_url, token_endpoint="http://example.com/t"))
    assert discover(supplier.base_url, exchange, insecure=True).token_endpoint


def test_nobody_there(exchange):
    """It is told which addresses were tried."""
    with pytest.raises(ConfigurationError, match=r"openid-configuration \(ConnectError"):
        discover("http://127.0.0.1:9", exchange)


@pytest.mark.parametrize("issuer", ["", "ftp://x", "http://example.com", "https://", "https://[x"])
def test_what_is_no_issuer(exchange, issuer):
    """An https address, or one of this machine."""
    with pytest.raises(ConfigurationError, match="issuer: will not do"):
        discover(issuer, exchange)
