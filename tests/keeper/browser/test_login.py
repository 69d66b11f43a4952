"""The loopback: one answer, with our state; nothing on its pages; nobody else's."""

from __future__ import annotations

import re
import socket
import threading
from typing import Any

import pytest

from remint.dialect import builtin
from remint.errors import ConfigurationError, Refusal
from remint.keeper.browser import Login
from tests.keeper.browser.visits import back, query_of, visit

AUTHORIZE: Any = builtin("oauth2").authorize


@pytest.fixture
def login():
    with Login(AUTHORIZE, client_id="me", base_url="https://id.example.com", scope="a b") as made:
        yield made


def test_the_address_has_all_that_is_needed(login):
    """PKCE by S256, a state, the scope, and a loopback address to come back to."""
    asked = query_of(login.url)
    assert login.url.startswith("https://id.example.com/oauth/authorize?")
    assert asked["response_type"] == "code"
    assert asked["client_id"] == "me"
    assert asked["scope"] == "a b"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) == 43
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", asked["redirect_uri"])


def test_the_code_comes_back(login):
    """With the verifier and the address that it was asked for under; the page has nothing worth having."""
    page = visit(back(login.url, code="canary"))
    assert page.status == 200
    assert "You can close this window" in page.text
    assert "canary" not in page.text
    assert query_of(login.url)["state"] not in page.text
    given = login.wait(5)
    assert given["code"] == "canary"
    assert given["redirect_uri"] == query_of(login.url)["redirect_uri"]
    assert 43 <= len(given["code_verifier"]) <= 128
    assert given["code_verifier"] not in login.url
    assert "canary" not in repr(login)


def test_a_page_keeps_to_itself(login):
    """Nothing is stored, loaded, run or passed on by it."""
    headers = visit(back(login.url, code="c")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "server" not in headers or "Python" not in headers["server"]


def test_only_the_first_answer_counts(login):
    """What comes after it is told that it is over."""
    visit(back(login.url, code="first"))
    assert visit(back(login.url, code="second")).status == 410
    assert login.wait(5)["code"] == "first"


@pytest.mark.parametrize("state", ["", "wrong", "ä"])
def test_an_answer_of_another_state_changes_nothing(login, state):
    """Neither a code nor an error: any page may send a browser here."""
    assert visit(back(login.url, code="evil", state=state)).status == 400
    assert visit(back(login.url, error="access_denied", state=state)).status == 400
    visit(back(login.url, code="good"))
    assert login.wait(5)["code"] == "good"


def test_what_is_no_answer_changes_nothing(login):
    """Other paths, methods and hosts; a parameter twice; a query without end."""
    address = query_of(login.url)["redirect_uri"]
    origin = address.removesuffix("/callback")
    assert visit(f"{origin}/favicon.ico").status == 404
    assert visit(back(login.url, code="c"), method="POST").status == 501
    assert visit(back(login.url, code="c"), host="evil.example:80").status == 404
    assert visit(f"{back(login.url, code='c')}&code=d").status == 400
    assert visit(f"{address}?state={'x' * 20_000}").status == 400
    visit(back(login.url, code="good"))
    assert login.wait(5)["code"] == "good"


def test_a_connection_that_says_nothing_holds_nobody_up(login):
    """Browsers open some in advance."""
    port = int(query_of(login.url)["redirect_uri"].split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        assert visit(back(login.url, code="good")).status == 200


def test_no_is_told(login):
    """In the provider's words, made fit for a terminal and for a page."""
    page = visit(back(login.url, error="access_denied", error_description="<b>No\x1b[2J.\n"))
    assert page.status == 400
    assert "access_denied: &lt;b&gt;No [2J." in page.text
    with pytest.raises(Refusal, match=re.escape("access_denied: <b>No [2J.")) as caught:
        login.wait(5)
    assert caught.value.outcome == "login"


def test_neither_code_nor_error(login):
    """An answer without either is a fault of the provider's."""
    visit(back(login.url))
    with pytest.raises(Refusal, match="neither a code nor an error"):
        login.wait(5)


def test_an_answer_of_another_issuer():
    """RFC 9207 §2.4: its code must not be taken to our provider."""
    with Login(AUTHORIZE, client_id="me", base_url="https://a", issuer="https://a") as login:
        assert visit(back(login.url, code="c", iss="https://b")).status == 400
        with pytest.raises(Refusal, match="another issuer"):
            login.wait(5)


def test_nobody_comes(login):
    """The wait ends, and says what came instead."""
    visit(back(login.url, error="access_denied", state="wrong"))
    with pytest.raises(Refusal, match=r"within 0.1 seconds; .*access_denied"):
        login.wait(0.1)


def test_it_can_be_given_up(login):
    """From another thread."""
    threading.Timer(0.1, login.stop).start()
    with pytest.raises(Refusal, match="given up"):
        login.wait(60)


def test_it_listens_no_more_when_it_is_closed():
    """The port is free again."""
    with Login(AUTHORIZE, client_id="me", base_url="https://a") as login:
        address = query_of(login.url)["redirect_uri"]
    with pytest.raises(ConnectionRefusedError):
        visit(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_uri_that_the_provider_knows(host, free_port):
    """Host, port and path are as they were registered."""
    uri = f"http://{host}:{free_port}/done"
    with Login(AUTHORIZE, client_id="me", base_url="https://a", redirect_uri=uri) as login:
        assert query_of(login.url)["redirect_uri"] == uri
        visit(back(login.url, code="c"))
        assert login.wait(5)["redirect_uri"] == uri


@pytest.mark.parametrize(
    "uri", ["https://127.0.0.1:1/x", "http://example.com:1/x", "urn:x", "http://127.0.0.1:x/"]
)
def test_a_redirect_uri_elsewhere(uri):
    """Nothing can be received there."""
    with pytest.raises(ConfigurationError, match="redirect_uri: cannot be listened at"):
        Login(AUTHORIZE, client_id="me", base_url="https://a", redirect_uri=uri)


def test_a_port_in_use(free_port):
    """It says so."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        with pytest.raises(ConfigurationError, match=r"port: cannot listen at 127\.0\.0\.1"):
            Login(AUTHORIZE, client_id="me", base_url="https://a", port=free_port)


@pytest.fixture
def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
