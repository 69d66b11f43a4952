"""K5: ``invalid_grant`` kills a connection only where it speaks of the stored token; and then for good."""

from __future__ import annotations

import contextlib

import pytest

from remint.errors import ConnectionDead
from remint.keeper.events import Event
from tests.keeper.promises.conftest import Scene
from tests.keeper.provider import access_token, refresh_token

RETRIES = 7016  # ha-samsungtv-smart#111


def test_K5_the_races_loser_kills_nobody(scene: Scene):
    """Refused for the token before, after the winner has saved the next one."""
    scene.provider.rotation = "single"
    scene.timing["lease_seconds"] = 0.3
    scene.connect("jane")
    loser = scene.start("stepwise", name="jane", at="at the wire", heedless=True)
    loser.reached("there")
    loser.stop()
    loser.let("go")
    winner = scene.start("persistent", name="jane", seconds=0.4)
    assert winner.result() == access_token("jane", 1)
    loser.wake()
    assert loser.result() == access_token("jane", 1)
    assert len(scene.provider.calls) == 2
    held = scene.held("jane")
    assert (held.state, held.tokens.refresh_token) == ("fresh", refresh_token("jane", 1))


def test_K5_an_unread_answer_is_read_first(scene: Scene):
    """The winner's answer is in the journal, not yet taken over: the loser finds the token there."""
    scene.provider.rotation = "single"
    scene.timing["lease_seconds"] = 0.3
    scene.connect("jane")
    loser = scene.start("stepwise", name="jane", at="at the wire", heedless=True)
    loser.reached("there")
    loser.stop()
    loser.let("go")
    winner = scene.start("stepwise", name="jane", at="before swap")
    winner.reached("there")
    winner.stop()
    loser.wake()
    assert loser.result() == access_token("jane", 1)
    winner.let("go")
    winner.wake()
    assert winner.result() == access_token("jane", 1)
    assert scene.held("jane").state == "fresh"
    assert len(scene.provider.calls) == 2


def test_K5_dead_once_for_all(scene: Scene):
    """Four processes ask again and again: one call, one event, and every one of them is told."""
    scene.connect("jane")
    scene.provider.revoked.add("jane")
    crowd = [scene.start("tokens", names=["jane"] * 5) for _ in range(4)]
    results = [worker.result() for worker in crowd]
    assert [result["tokens"] for result in results] == [["ConnectionDead"] * 5] * 4
    assert [kind for result in results for kind in result["events"]] == ["dead"]
    # A new start finds it dead, and tells nobody again.
    again = scene.run("tokens", names=["jane"])
    assert again == {"tokens": ["ConnectionDead"], "events": []}
    assert len(scene.provider.calls) == 1


def test_K5_retried_7016_times(scene: Scene, heard: list[Event]):
    """The provider hears of it once."""
    scene.connect("jane")
    scene.provider.revoked.add("jane")
    keeper = scene.keeper(on_event=heard.append)
    with pytest.raises(ConnectionDead):
        keeper.token("jane")
    for _ in range(RETRIES):
        with contextlib.suppress(ConnectionDead):
            keeper.token("jane")
    assert len(scene.provider.calls) == 1
    assert [event.kind for event in heard if event.kind != "connected"] == ["dead"]


def test_K5_dead_until_made_anew(scene: Scene, heard: list[Event]):
    """A new grant, or a renewal in so many words that succeeds, ends it."""
    scene.connect("jane")
    scene.provider.revoked.add("jane")
    keeper = scene.keeper(on_event=heard.append)
    with pytest.raises(ConnectionDead) as caught:
        keeper.token("jane")
    assert caught.value.code == "invalid_grant"
    scene.provider.revoked.clear()
    with pytest.raises(ConnectionDead):
        keeper.token("jane")
    assert str(keeper.renew("jane")) == access_token("jane", 1)
    assert str(keeper.token("jane")) == access_token("jane", 1)
    assert [event.kind for event in heard] == ["dead", "recovered"]
