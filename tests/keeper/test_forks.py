"""A process that is forked from one with a keeper has a keeper that works: prefork servers, Celery."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.keeper import Keeper
from remint.keeper.timing import Timing
from tests.keeper.provider import Provider, provider, refresh_token

_LONGEST_SECONDS = 30


def forked(work: Callable[[], Any]) -> None:
    """Runs ``work`` in a forked child. Fails where it raises or does not end."""
    child = os.fork()
    if not child:
        signal.alarm(_LONGEST_SECONDS)
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def made():
    with provider() as made:
        yield made


@pytest.fixture(params=["memory:", "directory"])
def store(request, tmp_path):
    return "memory:" if request.param == "memory:" else tmp_path / "store"


def connect(keeper: Keeper, made: Provider, *names: str) -> None:
    for name in names:
        keeper.connect(
            name, "oauth2", base_url=made.base_url, client_id="c", refresh_token=refresh_token(name)
        )


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def open_sockets(made: Provider) -> set[str]:
    """The local ends of this process's connections to the provider."""
    port = int(made.base_url.rpartition(":")[2])
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(each.stat().st_mode):
                with socket.socket(fileno=os.dup(int(each.name))) as end:
                    if end.getpeername()[1] == port:
                        found.add(str(end.getsockname()[1]))
    return found


def test_a_child_renews(made, store):
    """After the parent has renewed, and with its connections to the provider still open."""
    with Keeper(store) as keeper:
        connect(keeper, made, "ann", "bob")
        forked(lambda: keeper.renew("ann"))
        assert keeper.renew("bob")
    assert made.newest["ann"] == made.newest["bob"] == 2


def test_a_child_has_its_own_connections(made, tmp_path):
    """A connection that the parent has open to the provider is not used by both."""
    with Keeper(tmp_path / "store") as keeper:
        connect(keeper, made, "ann")
        before = open_sockets(made)
        assert before

        def renew() -> None:
            keeper.renew("ann")
            assert open_sockets(made) - before

        forked(renew)


def test_a_child_renews_behind_the_callers_backs(made, tmp_path):
    """The parent's threads are not there; the child has its own."""
    made.lifetime_seconds = 4
    timing = Timing(advisory_seconds=1000, leeway_seconds=0)

    def wait_for_another(keeper: Keeper, name: str) -> None:
        first = keeper.token(name)
        wait_until(lambda: keeper.token(name) != first)

    with Keeper(tmp_path / "store", timing=timing) as keeper:
        connect(keeper, made, "ann", "bob")
        wait_for_another(keeper, "ann")
        forked(lambda: wait_for_another(keeper, "bob"))


def test_a_child_keeps_its_leases(made, tmp_path):
    """Also where the parent was renewing when it forked: a call longer than a lease meets no second one."""
    timing = Timing(lease_seconds=0.4)
    with Keeper(tmp_path / "store", timing=timing) as keeper:
        connect(keeper, made, "ann", "bob")
        made.delay_seconds = 1.5
        thread = threading.Thread(target=keeper.renew, args=("bob",))
        thread.start()
        wait_until(lambda: len(made.calls) == 3)

        def renew_as_another() -> None:
            with Keeper(tmp_path / "store", timing=timing) as other:
                thread = threading.Thread(target=other.renew, args=("ann",))
                thread.start()
                keeper.renew("ann")
                thread.join()

        forked(renew_as_another)
        thread.join()
    assert sorted(made.newest.items()) == [("ann", 2), ("bob", 2)]
    assert len(made.calls) == 4


def test_a_child_of_an_async_keeper(made, tmp_path):
    """In an event loop of its own."""
    keeper = AsyncKeeper(tmp_path / "store")

    async def connect_two() -> None:
        for name in ("ann", "bob"):
            await keeper.connect(
                name,
                "oauth2",
                base_url=made.base_url,
                client_id="c",
                refresh_token=refresh_token(name),
            )

    async def renew_and_close() -> None:
        await keeper.renew("bob")
        await keeper.close()

    with asyncio.Runner() as runner:
        runner.run(connect_two())
        forked(lambda: asyncio.run(keeper.renew("ann")))
        runner.run(renew_and_close())
    assert made.newest["ann"] == made.newest["bob"] == 2
