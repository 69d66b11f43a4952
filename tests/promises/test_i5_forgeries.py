"""I5: a forged, garbled or expired token of our own format is refused without any I/O."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import string
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from remint.token.refresh import PREFIX
from tests.promises.estate import Client, Estate
from tests.promises.honest import seeded
from tests.promises.line import Line
from tests.promises.tally import Tally

FORGERIES = 2_000
# A quarter of a second apart the server looks whether its apps have changed.
BACKGROUND_STATEMENTS_A_SECOND = 40
_ALPHABET = string.ascii_letters + string.digits + "-_"


def garbled(token: str, rng: random.Random) -> str:
    """A token that was somebody's once: altered, cut, stretched or spelled in another way."""
    place = rng.randrange(len(PREFIX), len(token))
    match rng.randrange(7):
        case 0:
            other = rng.choice(_ALPHABET.replace(token[place], ""))
            return token[:place] + other + token[place + 1 :]
        case 1:
            return token[:place]
        case 2:
            return token + "="
        case 3:
            return token[:place] + rng.choice("+/=.%~") + token[place + 1 :]
        case 4:
            return token + rng.choice(_ALPHABET)
        case 5:
            return token.swapcase()
        case _:
            return PREFIX + "".join(rng.choices(_ALPHABET, k=len(token) - len(PREFIX)))


def known_to(estate: Estate, client: Client) -> str:
    """Its newest token, once the server has met the client."""
    (token,) = estate.grants(client)
    return estate.chain(client, token, 2)


def test_I5_forgeries_cost_no_storage(make_estate: Callable[..., Estate], tmp_path: Path):
    """2 000 forged, garbled, foreign and expired tokens: not one statement, no byte to the disk."""
    rng = random.Random(seeded())
    estate = make_estate(access_log="off")
    client, brief = estate.client(), estate.client("brief", absolute_lifetime_seconds=3600)
    abroad = make_estate()
    foreign = abroad.grants(abroad.client(), 20)
    tally = Tally(tmp_path / "tally")
    estate.server.start(tally=tmp_path / "tally")
    token = known_to(estate, client)
    expired = [known_to(estate, brief), *estate.grants(brief, 20)]
    assert tally.read().renewals > 0
    estate.clock.elapse(3600)
    requests = [client.request(quote(garbled(token, rng))) for _ in range(FORGERIES)]
    requests += [client.request(each) for each in foreign]
    requests += [brief.request(each) for each in expired]
    # What writing the last renewals home still costs should be over.
    time.sleep(1)
    before, written, began = tally.read(), estate.server.bytes_written(), time.monotonic()
    with closing(Line(estate.server.port)) as line:
        for request in requests:
            answer = line.ask(request)
            assert (answer.status, answer.error) == (400, "invalid_grant")
    count, seconds = tally.read() - before, time.monotonic() - began
    assert count.renewals == 0
    assert count.files == 0
    assert count.others <= BACKGROUND_STATEMENTS_A_SECOND * (seconds + 1) < len(requests)
    assert estate.server.bytes_written() == written
    estate.chain(client, token, 1)


@pytest.mark.parametrize("fault", ["missing", "locked"])
def test_I5_forgeries_are_refused_without_a_database(
    make_estate: Callable[..., Estate], fault: str
):
    """Where a genuine token gets 503, a forged one is refused as ever."""
    estate = make_estate(store_timeout_seconds=1)
    client = estate.client()
    estate.server.start()
    token = known_to(estate, client)
    rng = random.Random(seeded())
    with _missing(estate) if fault == "missing" else _locked(estate):
        assert estate.renew(client, token).status == 503
        for _ in range(50):
            began = time.monotonic()
            assert estate.renew(client, quote(garbled(token, rng))).error == "invalid_grant"
            assert time.monotonic() - began < 0.9
        assert estate.renew(client, token).status == 503
    time.sleep(0.1)
    estate.chain(client, token, 2)


@contextlib.contextmanager
def _missing(estate: Estate) -> Iterator[None]:
    away = estate.database.rename(estate.database.with_suffix(".away"))
    time.sleep(1.5)
    yield
    away.rename(estate.database)


@contextlib.contextmanager
def _locked(estate: Estate) -> Iterator[None]:
    with closing(sqlite3.connect(estate.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
