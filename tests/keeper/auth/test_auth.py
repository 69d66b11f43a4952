"""The auth objects over real sockets: one suite for every client library."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from remint.errors import ConfigurationError, ConnectionDead, RenewalDelayed
from remint.keeper.timing import Timing
from tests.keeper.auth.api import api
from tests.keeper.auth.callers import CALLERS, Blocking, opened
from tests.keeper.provider import Provider, access_token, provider, refresh_token, refusal, reply

EAGER = Timing(rejected_pause_seconds=0, patience_seconds=5)
OLD = "at-that-has-run-out"
ACCOUNT = "ann"


def in_an_hour() -> int:
    return int(time.time() * 1000) + 3_600_000


def make(caller: Any, made: Provider, dialect: str = "oauth2", **given: Any) -> None:
    """A connection whose access token looks good, and that the API takes no more."""
    told = {
        "base_url": made.base_url,
        "access_token": OLD,
        "expires_at_ms": in_an_hour(),
        "refresh_token": refresh_token(ACCOUNT),
        "client_id": "app",
    }
    caller.connect("crm", dialect, **{**told, **given})


@pytest.fixture(params=sorted(CALLERS))
def kind(request):
    return request.param


@pytest.fixture
def made():
    with provider() as made:
        yield made


@pytest.fixture
def there(made):
    """An API that takes the provider's newest token."""

    def newest() -> str:
        return access_token(ACCOUNT, made.newest.get(ACCOUNT, 0))

    with api(newest) as there:
        yield there


@pytest.fixture
def elsewhere():
    """Another origin."""
    with api() as elsewhere:
        yield elsewhere


@pytest.fixture
def caller(kind, made):
    with opened(kind, store="memory:", timing=EAGER) as caller:
        make(caller, made)
        yield caller


NEW = access_token(ACCOUNT, 1)


def test_an_expired_token_is_renewed_and_the_request_sent_again(caller, made, there):
    """A 401 makes one renewal and one more request; the next request has the token at hand."""
    got = caller.call("GET", f"{there.url}/items")
    assert (got.status, msgspec.json.decode(got.body)) == (200, {"token": NEW})
    assert caller.call("GET", f"{there.url}/items").status == 200
    assert there.tokens() == [OLD, NEW, NEW]
    assert made.renewals == 1


def test_fifty_at_once_make_one_renewal(caller, made, there):
    """Each of fifty requests meets its own 401 before any is renewed; there is one renewal."""
    there.barrier = threading.Barrier(50)
    assert [got.status for got in caller.many(f"{there.url}/items", 50)] == [200] * 50
    assert made.renewals == 1
    assert there.tokens().count(OLD) == there.tokens().count(NEW) == 50


def test_a_401_that_stays_is_the_callers(caller, made, there):
    """After one renewal and one more try the answer is given back."""
    got = caller.call("GET", f"{there.url}/never")
    assert (got.status, got.body) == there.refusal
    assert there.tokens() == [OLD, NEW]
    assert made.renewals == 1


def test_a_young_token_is_not_renewed_for_being_rejected(kind, made, there):
    """Where the keeper gives the same token back, nothing is sent a second time."""
    with opened(kind, store="memory:", timing=Timing(patience_seconds=5)) as caller:
        make(caller, made)
        assert caller.call("GET", f"{there.url}/items").status == 401
    assert there.tokens() == [OLD]
    assert made.renewals == 0


def test_bytes_are_sent_again(caller, there):
    """A body that is at hand goes out twice."""
    got = caller.call("POST", f"{there.url}/echo", body=b"some words")
    assert (got.status, got.body) == (200, b"some words")
    assert [each.body for each in there.seen] == [b"some words"] * 2


@pytest.mark.parametrize("kind", ["requests", "aiohttp"])
def test_a_file_is_wound_back(caller, there, tmp_path):
    """From where it stood. httpx and httpx2 cannot: there a file is a stream."""
    path = tmp_path / "words"
    path.write_bytes(b"first some words")
    with path.open("rb") as file:
        file.seek(6)
        got = caller.call("POST", f"{there.url}/echo", body=file)
    assert (got.status, got.body) == (200, b"some words")


@pytest.mark.parametrize("kind", ["httpx", "httpx2"])
def test_a_file_is_a_stream_to_httpx(caller, there, tmp_path):
    """It is sent once."""
    path = tmp_path / "words"
    path.write_bytes(b"some words")
    with path.open("rb") as file:
        assert caller.call("POST", f"{there.url}/echo", body=file).status == 401
    assert len(there.seen) == 1


def test_a_stream_is_sent_once(caller, made, there):
    """A body from a generator is gone: its 401 is the caller's, and the token stays as it is."""
    got = caller.call("POST", f"{there.url}/echo", body=iter([b"some ", b"words"]))
    assert got.status == 401
    assert [each.body for each in there.seen] == [b"some words"]
    assert made.renewals == 0


def test_an_upload_is_sent_again_whole(caller, there):
    """A multipart body with a file that can be wound back arrives twice, alike."""
    got = caller.call("POST", f"{there.url}/echo", files={"note": io.BytesIO(b"some words")})
    assert got.status == 200
    first, second = (each.body for each in there.seen)
    assert first == second
    assert b"some words" in second


def test_a_redirect_within_the_api_shows_the_token(caller, made, there):
    """The whole way, once the token is renewed."""
    got = caller.call("GET", f"{there.url}/inside", follow=True)
    assert (got.status, msgspec.json.decode(got.body)) == (200, {"token": NEW})
    assert made.renewals == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_does_not(caller, made, there, elsewhere, status):
    """Another port is another origin. Its 401 is no word on the token."""
    got = caller.call(
        "GET", f"{there.url}/redirect?status={status}&to={elsewhere.url}/items", follow=True
    )
    assert got.status == 401
    assert elsewhere.tokens() == [""]
    assert OLD not in str(elsewhere.seen)
    assert made.renewals == 0


def test_named_origins_are_the_only_ones(kind, made, there, elsewhere):
    """A request to another origin goes out, without the token, and its 401 makes no renewal."""
    with opened(kind, {"origins": [there.url]}, store="memory:", timing=EAGER) as caller:
        make(caller, made)
        assert caller.call("GET", f"{elsewhere.url}/items").status == 401
        assert made.renewals == 0
        assert caller.call("GET", f"{there.url}/items").status == 200
    assert elsewhere.tokens() == [""]


def test_a_dead_connection_is_told(caller, made, there):
    """What the keeper raises reaches the caller, words and all."""
    made.do(lambda *_: refusal("invalid_grant"))
    with pytest.raises(ConnectionDead, match="'crm' is dead: invalid_grant: No"):
        caller.call("GET", f"{there.url}/items")
    with pytest.raises(ConnectionDead):
        caller.call("GET", f"{there.url}/items")
    assert made.renewals == 0


def test_a_delay_is_told(kind, made, there):
    """So does a provider that is away."""
    hasty = Timing(rejected_pause_seconds=0, patience_seconds=0.2)
    with opened(kind, store="memory:", timing=hasty) as caller:
        make(caller, made)
        made.do(*[lambda *_: refusal("temporarily_unavailable", 503)] * 9)
        with pytest.raises(RenewalDelayed):
            caller.call("GET", f"{there.url}/items")


def test_genlogs(kind, made, there, elsewhere):
    """The token travels as ``Access-Token``, beside the API key; neither goes to another origin."""
    renewed = {
        "access_token_data": {"token": NEW, "expires": "2099-01-01T00:00:00Z"},
        "refresh_token_data": {"token": "r2", "expires": "2099-01-01T00:00:00Z"},
        "user_id": "u",
        "company_id": 7,
    }
    made.do(reply(200, msgspec.json.encode(renewed), Content_Type="application/json"))
    made.newest[ACCOUNT] = 1
    with opened(kind, store="memory:", timing=EAGER) as caller:
        make(caller, made, "genlogs", api_key="the-key", client_id=None)
        assert caller.call("GET", f"{there.url}/items").status == 200
        assert caller.call("GET", f"{there.url}/inside", follow=True).status == 200
        to = f"{there.url}/redirect?to={elsewhere.url}/items"
        assert caller.call("GET", to, follow=True).status == 401
    first, second, *_ = there.seen
    assert first.headers["access-token"] == OLD
    assert second.headers["access-token"] == NEW
    assert second.headers["x-api-key"] == "the-key"
    assert "authorization" not in second.headers
    assert elsewhere.tokens() == [""]
    assert not {"access-token", "x-api-key"} & set(elsewhere.seen[0].headers)
    assert len(made.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (401, b'{"message": "Expired token"}'),
        (200, b'{"response": {"code": 412, "message": "Expired"}}'),
        (200, b'{"response": {"code": "412"}}'),
    ],
)
def test_eshopbox(kind, made, there, answer):
    """A 200 whose inner code is 412 means "expired" as well as a 401."""
    renewed = {"access_token": NEW, "expires_in": 86400, "token_type": "bearer"}
    made.do(*[reply(200, msgspec.json.encode(renewed), Content_Type="application/json")] * 2)
    made.newest[ACCOUNT] = 1
    there.refusal = answer
    with opened(kind, store="memory:", timing=EAGER) as caller:
        make(caller, made, "eshopbox", client_secret="s")
        got = caller.call("GET", f"{there.url}/items")
        assert (got.status, msgspec.json.decode(got.body)) == (200, {"token": NEW})
        got = caller.call("GET", f"{there.url}/never")
        assert (got.status, got.body) == answer
        assert b"".join(caller.stream(f"{there.url}/drip")) == b'{"parts": [1, 2, 3]}'
    assert len(made.calls) == 2


def test_what_streams_is_not_held_up(kind, made, there, elsewhere):
    """Under a dialect that looks into bodies too, events arrive one by one."""
    with opened(kind, store="memory:", timing=EAGER) as caller:
        make(caller, made, "eshopbox", client_secret="s", access_token=access_token(ACCOUNT, 0))
        assert len(list(filter(None, caller.stream(f"{there.url}/events")))) == 3


DIALECT = """
name = "odd"
[call.refresh_token]
method = "POST"
path = "/oauth/token"
serve = false
request.grant_type = { in = "form" }
request.refresh_token = { in = "form" }
[answer.fields]
access_token = {}
refresh_token = { required = false }
expires_in = {}
token_type = {}
[use.request]
access_token = %s
"""


@contextlib.contextmanager
def odd(kind: str, made: Provider, tmp_path: Any, place: str) -> Iterator[Any]:
    """A caller whose dialect shows the token in some other place."""
    (tmp_path / "odd.toml").write_text(DIALECT % place)
    with opened(kind, store="memory:", timing=EAGER, dialects=[tmp_path]) as caller:
        make(caller, made, "odd", client_id=None)
        yield caller


def test_a_token_in_the_query(kind, made, there, elsewhere, tmp_path, caplog):
    """It is added to the query, in place of the old one; no answer's address, log or redirect shows it."""
    caplog.set_level(logging.DEBUG)
    with odd(kind, made, tmp_path, '{ in = "query", name = "access_token" }') as caller:
        got = caller.call("GET", f"{there.url}/items?page=2&q=a%20b")
        assert got.status == 200
        assert "access_token" not in got.url
        assert caller.call("GET", f"{there.url}/inside", follow=True).status == 200
        to = f"{there.url}/redirect?to={elsewhere.url}/items"
        assert caller.call("GET", to, follow=True).status == 401
    assert [each.query["access_token"] for each in there.seen[:2]] == [OLD, NEW]
    assert there.seen[1].query == {"page": "2", "q": "a b", "access_token": NEW}
    assert elsewhere.tokens() == [""]
    assert made.renewals == 1
    assert OLD not in caplog.text
    assert NEW not in caplog.text


def test_a_token_in_a_cookie(kind, made, there, elsewhere, tmp_path):
    """It stands beside the cookies that the client has, and in place of the old one."""
    with odd(kind, made, tmp_path, '{ in = "cookie", name = "session" }') as caller:
        got = caller.call("GET", f"{there.url}/items", headers={"Cookie": "colour=red"})
        assert got.status == 200
        assert caller.call("GET", f"{there.url}/inside", follow=True).status == 200
        to = f"{there.url}/redirect?to={elsewhere.url}/items"
        assert caller.call("GET", to, follow=True).status == 401
    shown = [each.headers["cookie"] for each in there.seen[:2]]
    assert shown == [f"colour=red; session={OLD}", f"colour=red; session={NEW}"]
    assert elsewhere.tokens() == [""]
    assert made.renewals == 1


def test_nothing_shows_the_token(caller, made, there, caplog):
    """Not the logs of any library at any level, nor ``repr`` of the auth object."""
    caplog.set_level(logging.DEBUG)
    assert caller.call("GET", f"{there.url}/items").status == 200
    assert caller.call("GET", f"{there.url}/never").status == 401
    made.do(lambda *_: refusal("invalid_grant"))
    with contextlib.suppress(ConnectionDead):
        caller.call("GET", f"{there.url}/never")
    secrets = (OLD, NEW, refresh_token(ACCOUNT), refresh_token(ACCOUNT, 1))
    shown = f"{caplog.text} {caller.auth!r} {caller.auth} {vars(caller.auth)!r}"
    assert not [secret for secret in secrets if secret in shown]
    assert repr(caller.auth).endswith(".KeeperAuth('crm')")


def test_the_error_of_an_answer_shows_no_token(kind, made, there):
    """``raise_for_status`` in each library: its error, also by ``repr``."""
    with opened(kind, store="memory:", timing=EAGER) as caller:
        make(caller, made)
        got = caller.call("GET", f"{there.url}/never")
        with pytest.raises(Exception, match="401") as caught:
            got.raw.raise_for_status()
    assert NEW not in f"{caught.value} {caught.value!r}"


def test_the_other_keeper_is_refused(kind, made, there):
    """A client that blocks with an ``AsyncKeeper``, and the other way round: said in words."""
    with opened(kind, store="memory:") as caller:
        is_blocking = isinstance(caller, Blocking)
        with opened("aiohttp" if is_blocking else "requests", store="memory:") as stranger:
            caller.auth._keeper = stranger.keeper
            expected = "a remint Keeper" if is_blocking else "a remint AsyncKeeper"
            with pytest.raises(ConfigurationError, match=expected):
                caller.call("GET", f"{there.url}/items")
