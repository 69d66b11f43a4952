"""The rows of the design's table "Where sessions die" that speak of clients: each reproduced, and survived.

Small and in one process, as far as a row goes; ``promises`` has the same at large. ``bench`` plays these
scenes with other libraries.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remint.errors import ConnectionDead, RenewalDelayed
from remint.keeper.effects import Received
from remint.keeper.events import Event
from remint.keeper.keeper import Keeper
from remint.keeper.timing import Timing
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.provider import (
    Call,
    Provider,
    Reply,
    access_token,
    drop_after,
    provider,
    refresh_token,
    reply,
)
from tests.keeper.stepping import Desk

QUICK = Timing(first_pause_seconds=0.02, longest_pause_seconds=0.05)


class Scene:
    """A strict provider, and keepers that share a directory as processes do."""

    def __init__(self, made: Provider, directory: Path) -> None:
        self.provider = made
        self.directory = directory
        self.events: list[Event] = []
        self._keepers: list[Keeper] = []

    def keeper(self, timing: Timing = QUICK, **options: Any) -> Keeper:
        given = {"timing": timing, "verify": NO_ROOTS, "on_event": self.events.append, **options}
        self._keepers.append(Keeper(self.directory, **given))
        return self._keepers[-1]

    def connect(self, dialect: str = "oauth2", **given: Any) -> None:
        """Makes the connection ``jane``, whose access token has just run out."""
        made = {
            "base_url": self.provider.base_url,
            "client_id": "app",
            "refresh_token": refresh_token("jane"),
            "access_token": "at-old",
            "expires_at_ms": time.time_ns() // 1_000_000 - 1,
            **given,
        }
        self.keeper().connect("jane", dialect, **made)

    def at_once(self, *keepers: Keeper, threads: int = 8) -> set[str]:
        """What many threads get that ask all of these keepers at the same moment."""
        gate = threading.Barrier(threads * len(keepers))
        found: list[str] = []

        def ask(keeper: Keeper) -> None:
            gate.wait()
            found.append(str(keeper.token("jane")))

        crowd = [threading.Thread(target=ask, args=(k,)) for k in keepers for _ in range(threads)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        assert len(found) == len(crowd)
        return set(found)

    def close(self) -> None:
        for keeper in self._keepers:
            keeper.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with provider() as made:
        scene = Scene(made, tmp_path / "store")
        yield scene
        scene.close()


def test_a_lost_response_logs_the_user_out(scene: Scene):
    """zitadel#9631, hydra#1831: where the provider forgives, the replay brings the same successor."""
    scene.provider.rotation = "grace"
    scene.connect(rotation="grace", grace_seconds=60)
    scene.provider.do(drop_after)
    assert str(scene.keeper().token("jane")) == access_token("jane", 1)
    assert [event.kind for event in scene.events] == ["connected", "in_doubt", "recovered"]


def test_tabs_or_workers_refresh_at_once_and_kill_the_session(scene: Scene):
    """authlib#266, airbyte#31687: sixteen workers, one call, one token, no line revoked."""
    scene.connect()
    scene.provider.delay_seconds = 0.05
    assert scene.at_once(scene.keeper(), threads=16) == {access_token("jane", 1)}
    assert len(scene.provider.calls) == 1
    assert not scene.provider.revoked


def test_several_processes_share_one_token_file(scene: Scene):
    """aws-cli#10628, mcp-remote#351: four keepers of one store, as four processes would be."""
    scene.connect()
    scene.provider.delay_seconds = 0.05
    keepers = [scene.keeper() for _ in range(4)]
    assert scene.at_once(*keepers, threads=2) == {access_token("jane", 1)}
    assert len(scene.provider.calls) == 1


def test_the_lock_expires_before_the_refresh_ends(scene: Scene):
    """oauth2-proxy#1580, nango: it is kept for as long as the call takes."""
    scene.connect()
    scene.provider.delay_seconds = 1.2
    timing = Timing(lease_seconds=0.3)
    keepers = [scene.keeper(timing), scene.keeper(timing)]
    assert scene.at_once(*keepers, threads=2) == {access_token("jane", 1)}
    assert len(scene.provider.calls) == 1


def test_the_waiter_uses_the_stale_refresh_token_after_the_lock(scene: Scene):
    """Duende Support#1286, nango#2494: whoever has waited looks again before it sends anything."""
    scene.connect()
    first, second = scene.keeper(), scene.keeper()
    entered, leave = threading.Event(), threading.Event()

    def slow(made: Provider, call: Call) -> Reply:
        entered.set()
        leave.wait(10)
        return made.renew(call)

    scene.provider.do(slow)
    one = threading.Thread(target=first.token, args=("jane",))
    one.start()
    assert entered.wait(10)
    found: list[str] = []
    two = threading.Thread(target=lambda: found.append(str(second.token("jane"))))
    two.start()
    time.sleep(0.05)
    leave.set()
    one.join()
    two.join()
    assert found == [access_token("jane", 1)]
    assert [call.form["refresh_token"] for call in scene.provider.calls] == [refresh_token("jane")]


def test_rotated_token_not_saved_or_saved_after_a_crash():
    """golang/oauth2#84, airbyte#3990: nobody has the token before the store does."""
    desk = Desk()
    walk = desk.walk().until("swap")
    assert walk.outcome is None
    # Killed here; the answer was kept before anything else.
    desk.clock.elapse(60)
    assert desk.walk("two").end().tokens.refresh_token == refresh_token("jane", 1)
    assert len(desk.provider.calls) == 1


def test_an_error_body_is_adopted_as_the_token(scene: Scene):
    """Authlib 1.9: ``{"code":400}`` with status 200 becomes the stored token there, for good."""
    scene.provider.rotation = "grace"
    scene.connect(rotation="grace", grace_seconds=60)
    keeper = scene.keeper(Timing(patience_seconds=0.001))
    for body in (b'{"code":400,"message":"Bad Request"}', b'{"error":"x"}', b"<html>", b""):
        scene.provider.do(reply(200, body, Content_Type="application/json"))
        with pytest.raises((RenewalDelayed, ConnectionDead)):
            keeper.renew("jane")
        held = keeper.around.store.load("jane")
        assert held is not None
        assert held.tokens.access_token == "at-old"
        assert held.tokens.refresh_token == refresh_token("jane")
    assert str(keeper.renew("jane")) == access_token("jane", 1)


def test_invalid_grant_retried_7016_times(scene: Scene):
    """ha-samsungtv-smart#111: once is enough, over all restarts."""
    scene.connect()
    scene.provider.revoked.add("jane")
    for _ in range(3):
        keeper = scene.keeper()
        for _ in range(100):
            with pytest.raises(ConnectionDead):
                keeper.token("jane")
    assert len(scene.provider.calls) == 1
    assert [event.kind for event in scene.events] == ["connected", "dead"]


def test_the_races_loser_deletes_the_winners_token():
    """buildkite/cli#852: what was refused was not the stored token any more."""
    desk = Desk("single")
    loser = desk.walk("loser").until("send")
    desk.clock.elapse(60)
    winner = desk.walk("winner").end()
    effect: Any = loser.effect
    status, _, body = desk.provider.renew(desk.call(effect))
    assert status == 400
    loser.go(Received(status, [], body, 5))
    assert loser.end().tokens == winner.tokens == desk.held.tokens
    assert desk.held.state == "fresh"


def test_refreshed_too_early_is_an_error(scene: Scene):
    """laravel-exact-online#31: the provider refuses a renewal before 9 min 30 s; it is not asked before."""
    scene.connect("exact-online", client_secret="hush")
    scene.provider.lifetime_seconds = 600
    keeper = scene.keeper()
    token = str(keeper.token("jane"))
    with pytest.raises(RenewalDelayed) as caught:
        scene.keeper(Timing(patience_seconds=0.001)).renew("jane")
    assert 500 < caught.value.retry_after_seconds <= 570
    assert str(scene.keeper().token("jane")) == token
    assert len(scene.provider.calls) == 1


def test_tokens_in_debug_logs(scene: Scene, caplog: pytest.LogCaptureFixture):
    """requests-oauthlib#536: at the lowest level, of every library on the way, not one."""
    with caplog.at_level(logging.DEBUG):
        for name in list(logging.root.manager.loggerDict):
            logging.getLogger(name).setLevel(logging.NOTSET)
        scene.connect(client_secret="hush-hush")
        keeper = scene.keeper()
        keeper.token("jane")
        scene.provider.revoked.add("jane")
        with contextlib.suppress(ConnectionDead):
            keeper.renew("jane")
    assert "jane renewed" in caplog.text
    for secret in (
        "hush-hush",
        "at-old",
        refresh_token("jane"),
        access_token("jane", 1),
        refresh_token("jane", 1),
    ):
        assert secret not in caplog.text


def test_nobody_can_see_what_happened(scene: Scene):
    """engram#389: what became of it, when, and why, to be asked for at any time."""
    scene.connect()
    scene.provider.revoked.add("jane")
    with pytest.raises(ConnectionDead):
        scene.keeper().token("jane")
    status = scene.keeper().status("jane")
    assert (status.state, status.code, status.outcome) == ("dead", "invalid_grant", "dead")
    assert status.failures == 1
