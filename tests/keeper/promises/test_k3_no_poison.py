"""K3: a stored refresh token is replaced by a good one or by none, whatever a provider answers."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from remint.dialect import Dialect, builtin, provider_names
from remint.errors import ConnectionDead, RemintError, RenewalDelayed
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.connection import Held, Setup, Tokens
from remint.keeper.keeper import Keeper
from remint.keeper.store.memory import MemoryStore
from remint.keeper.timing import Timing
from tests.dialect.poison import Sample, poison
from tests.dialect.samples import FAILURES
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.promises.wire import Wire, answer, bytes_of, dripping, wire
from tests.keeper.provider import provider, reply

NAME = "jane"
TOKENS = Tokens("at-old", issued_at_ms=1, expires_at_ms=2, refresh_token="rt-old")
GOOD = b'{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600}'
JSON = b"Content-Type: application/json"
ONCE = Timing(patience_seconds=0.001, answer_seconds=1, connect_seconds=5)

Renew = Callable[[], str]


@contextlib.contextmanager
def renewing(kind: str, store: MemoryStore) -> Iterator[Renew]:
    """A renewal in so many words, by one keeper or the other; tried once."""
    if kind == "sync":
        with Keeper(store, timing=ONCE, verify=NO_ROOTS) as keeper:
            yield lambda: str(keeper.renew(NAME))
        return
    with asyncio.Runner() as runner:
        made = AsyncKeeper(store, timing=ONCE, verify=NO_ROOTS)

        async def renewed() -> str:
            return str(await made.renew(NAME))

        yield lambda: runner.run(renewed())
        runner.run(made.close())


def held_for(setup: Setup) -> Held:
    """A connection whose token is over."""
    return Held(id="2c" * 16, name=NAME, setup=setup, tokens=TOKENS)


def credentials_of(dialect: Dialect) -> dict[str, Any]:
    """Something for everything that its call asks for."""
    return {
        each.meaning: 7 if each.type.startswith("int") else "x"
        for each in dialect.call("refresh_token").inputs
        if each.meaning not in ("refresh_token", "access_token")
    }


def samples(name: str) -> list[Sample]:
    """What is no token to that dialect: its own failures, and everything but those of all others."""
    strange = [sample for sample in poison(name) if not sample[0].startswith("a failure of")]
    own = [
        (body, status, [(b"content-type", b"application/json")], body.encode())
        for dialect, status, body in FAILURES
        if dialect == name
    ]
    return [*strange, *own]


@pytest.mark.parametrize(
    "name", ["oauth2", "genlogs", "partner", "eshopbox", *sorted(provider_names())]
)
def test_K3_every_failure_sample(name: str):
    """All that is known to be no token, over a real socket, to each dialect that comes along."""
    store = MemoryStore()
    dialect = builtin(name)
    with provider() as made, renewing("sync", store) as renew:
        for number, (what, status, headers, body) in enumerate(samples(name)):
            # Each its own address: a limit of calls goes by that.
            token_url = f"{made.base_url}/{number}"
            setup = Setup(name, token_url=token_url, credentials=credentials_of(dialect))
            # And its own connection: another limit goes by that.
            held = msgspec.structs.replace(held_for(setup), id=f"{number:032x}")
            store.create(held, replace=True)
            shown = {key.decode(): value.decode() for key, value in headers}
            made.do(reply(status, body, **shown))
            with pytest.raises((RenewalDelayed, ConnectionDead)):
                renew()
            assert len(made.calls) == number + 1, what
            after = store.load(NAME)
            assert after is not None
            assert after.tokens == TOKENS, what


def lines(*texts: bytes) -> bytes:
    """As they stand in HTTP."""
    return b"\r\n".join(texts)


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, as it should be."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


LENGTH = b"Content-Length: %d"
JUNK = {
    "nothing at all": bytes_of(b""),
    "no HTTP": bytes_of(b"\x16\x03\x01\x02\x00\x01"),
    "half a head": bytes_of(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "a status of words": bytes_of(b"HTTP/1.1 fine thanks\r\n\r\n"),
    "a promise of more": answer(JSON, LENGTH % (len(GOOD) + 9), body=GOOD),
    "a promise of less": answer(JSON, LENGTH % (len(GOOD) - 9), body=GOOD),
    "a length of words": answer(JSON, b"Content-Length: many", body=GOOD),
    "two lengths": answer(JSON, LENGTH % 3, LENGTH % len(GOOD), body=GOOD),
    "a chunk of words": answer(JSON, b"Transfer-Encoding: chunked", body=b"zz\r\n" + GOOD),
    "a chunk too few": answer(
        JSON, b"Transfer-Encoding: chunked", body=chunked(GOOD[:30], GOOD[30:])[:-5]
    ),
    "gzip that is none": answer(
        JSON, b"Content-Encoding: gzip", LENGTH % 9, body=b"\x1f\x8b" + b"\x00" * 7
    ),
    "an encoding that nobody knows": answer(
        JSON, b"Content-Encoding: rot13", LENGTH % 6, body=b"{nqqq}"
    ),
    "a head without an end": bytes_of(b"HTTP/1.1 200 OK\r\n" + b"X-More: a\r\n" * 20_000),
    "ten megabytes": answer(JSON, LENGTH % 10_000_000, body=b'{"a":"' + b"x" * 9_999_992 + b'"}'),
    "a token of ten megabytes": answer(
        JSON, body=b'{"token_type":"Bearer","access_token":"' + b"x" * 10_000_000 + b'"}'
    ),
    "a bomb": answer(
        JSON, b"Content-Encoding: gzip", body=gzip.compress(b'{"a":"' + b"x" * 30_000_000)
    ),
    "another length in the answer's midst": answer(
        JSON, LENGTH % 2, body=b"{}HTTP/1.1 200 OK\r\n\r\n" + GOOD
    ),
}


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_K3_what_is_hardly_http(kind: str):
    """Lost or not understood: in doubt in either case, the token stays, and a good answer is still taken."""
    for what, say in JUNK.items():
        store = MemoryStore()
        with wire() as made, renewing(kind, store) as renew:
            store.create(held_for(_setup(made)))
            made.says += [say, answer(JSON, LENGTH % len(GOOD), body=GOOD)]
            with pytest.raises(RenewalDelayed):
                renew()
            after = store.load(NAME)
            assert after is not None
            assert (after.tokens, after.state) == (TOKENS, "in_doubt"), what
            assert renew() == "at", what
            assert len(made.heard) == 2


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_K3_an_answer_that_drips(kind: str):
    """Given up after a while, though each byte is in time."""
    store = MemoryStore()
    pause = threading.Event()
    with wire() as made, renewing(kind, store) as renew:
        store.create(held_for(_setup(made)))
        head = lines(b"HTTP/1.1 200 OK", JSON, LENGTH % 1000, b"", b"")
        drip = dripping(b" " * 1000, pause)

        def say(connection: Any) -> None:
            connection.sendall(head)
            drip(connection)

        made.says.append(say)
        with pytest.raises(RenewalDelayed):
            renew()
        pause.set()
        after = store.load(NAME)
        assert after is not None
        assert (after.tokens, after.state) == (TOKENS, "in_doubt")


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary", b"308 Permanent"])
def test_K3_redirects_are_not_followed(kind: str, status: bytes):
    """Not with the client's secret and the refresh token in hand."""
    store = MemoryStore()
    with wire() as made, wire() as elsewhere, renewing(kind, store) as renew:
        store.create(held_for(_setup(made)))
        place = b"Location: " + elsewhere.base_url.encode() + b"/oauth/token"
        made.says.append(answer(place, LENGTH % 0, status=status))
        elsewhere.says.append(answer(JSON, LENGTH % len(GOOD), body=GOOD))
        with pytest.raises(RenewalDelayed):
            renew()
        assert elsewhere.heard == []
        after = store.load(NAME)
        assert after is not None
        assert after.tokens == TOKENS


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_K3_a_packed_answer_is_read(kind: str, coding: str):
    """The provider was asked not to; that is no reason to lose its token."""
    pack = gzip.compress if coding == "gzip" else zlib.compress
    store = MemoryStore()
    with wire() as made, renewing(kind, store) as renew:
        store.create(held_for(_setup(made)))
        body = pack(GOOD)
        header = b"Content-Encoding: " + coding.encode()
        made.says.append(answer(JSON, header, LENGTH % len(body), body=body))
        assert renew() == "at"
        assert b"accept-encoding: identity" in made.heard[0].lower()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_K3_headers_of_any_bytes(kind: str):
    """What the head says is odd, what the body says is not."""
    odd = [
        "Retry-After: ☃".encode(),
        b"Date: \xff\xfe",
        b"WWW-Authenticate: \x80",
        "X: 日本".encode(),
    ]
    store = MemoryStore()
    with wire() as made, renewing(kind, store) as renew:
        store.create(held_for(_setup(made)))
        made.says.append(answer(JSON, *odd, LENGTH % len(GOOD), body=GOOD))
        assert renew() == "at"


def test_K3_null_and_junk_for_a_refresh_token():
    """The one before stays where the answer has none; and where it has junk nothing is taken over."""
    store = MemoryStore()
    with provider() as made, renewing("sync", store) as renew:
        setup = Setup("oauth2", base_url=made.base_url, credentials={"client_id": "x"})
        values: list[Any] = [None, "", "a\nb", 7, [], {}, {"refresh_token": "x"}, True, "\0", "é"]
        for value in values:
            store.create(held_for(setup), replace=True)
            body = {"access_token": "at", "token_type": "Bearer", "expires_in": 3600}
            made.do(reply(200, msgspec.json.encode({**body, "refresh_token": value})))
            with contextlib.suppress(RemintError):
                renew()
            after = store.load(NAME)
            assert after is not None
            assert after.tokens.refresh_token == "rt-old", value
            assert (after.tokens.access_token == "at") is (value in (None, ""))


def _setup(made: Wire) -> Setup:
    return Setup("oauth2", base_url=made.base_url, credentials={"client_id": "x"})
