"""What processes share besides the token: a provider's limit of calls, the scheduler's work, a fork."""

from __future__ import annotations

import os
import time

from tests.keeper.promises.conftest import Scene
from tests.keeper.promises.works import Worker
from tests.keeper.provider import access_token

LIMITED = """
name = "limited"
serve = false

[renewal]
rotation = "strict"
limit = {{ calls = {calls}, per_seconds = 3600{by} }}

[call.refresh_token]
method = "POST"
path = "/token"

[call.refresh_token.request]
grant_type = {{ in = "form" }}
refresh_token = {{ in = "form" }}
client_id = {{ in = "form" }}
client_secret = {{ in = "form" }}

[answer.fields]
access_token = {{}}
refresh_token = {{ required = false }}
expires_in = {{}}
token_type = {{}}
"""


def crowd_of(scene: Scene, names: list[str], **given: object) -> list[dict[str, list[str]]]:
    """Four processes that each want all of them, in an order of their own, at the same moment."""
    crowd: list[Worker] = []
    for number in range(4):
        turned = names[number * 5 :] + names[: number * 5]
        crowd.append(scene.start("tokens", names=turned, **given))
    return [worker.result() for worker in crowd]


def test_a_limit_holds_over_processes(scene: Scene):
    """Twelve calls an hour, twenty connections, four processes: twelve calls, and eight who wait."""
    scene.store.mkdir()
    (scene.store / "dialects").mkdir()
    (scene.store / "dialects" / "limited.toml").write_text(LIMITED.format(calls=12, by=""))
    scene.timing |= {"patience_seconds": 0.001}
    names = [f"n{number}" for number in range(20)]
    scene.connect(*names, dialect="limited")
    # Who finds another at it gives up, at so little patience: so each asks until nothing changes any more.
    for _ in range(3):
        crowd_of(scene, names)
    assert len(scene.provider.calls) == scene.provider.renewals == 12
    (worker,) = [scene.run("tokens", names=names)]
    assert sum(token.startswith("at-") for token in worker["tokens"]) == 12
    assert worker["tokens"].count("RenewalDelayed") == 8
    for name in names:
        held = scene.held(name)
        if held.renewals == 0:
            assert held.renew_at_ms is not None
            assert held.renew_at_ms > time.time() * 1000
            assert held.state == "fresh"


def test_schedulers_beside_each_other(scene: Scene):
    """Three processes keep forty connections fresh: each renewal is made once."""
    names = [f"n{number}" for number in range(40)]
    scene.connect(*names)
    crowd = [scene.start("scheduled", names=names) for _ in range(3)]
    made = [worker.result() for worker in crowd]
    assert len(scene.provider.calls) == scene.provider.renewals == len(names)
    assert sum(made) >= len(names)
    assert not scene.provider.revoked
    for name in names:
        assert scene.held(name).tokens.access_token == access_token(name, 1)


def test_a_scheduler_that_is_killed(scene: Scene):
    """Whatever it was at, the next one ends it."""
    scene.provider.rotation = "grace"
    scene.provider.delay_seconds = 0.05
    names = [f"n{number}" for number in range(40)]
    scene.connect(*names, rotation="grace", grace_seconds=60)
    first = scene.start("scheduled", names=names)
    while len(scene.provider.calls) < 10:
        time.sleep(0.002)
    os.kill(first.pid, 9)
    first.wait()
    scene.run("scheduled", names=names)
    for name in names:
        assert scene.held(name).tokens.access_token == access_token(name, 1)


def test_a_prefork_server(scene: Scene):
    """A keeper that was opened, and used, before the workers were forked: they get one token by one call."""
    scene.connect("early", "late")
    result = scene.run("preforked", early="early", late="late", workers=4)
    assert result == [access_token("early", 1), *[access_token("late", 1)] * 4]
    assert len(scene.provider.calls) == 2


def test_a_loop_that_ends_while_the_provider_works(scene: Scene):
    """``asyncio.run`` ends when its main function does, renewal or no renewal: the answer is kept."""
    scene.connect("jane")
    worker = scene.start("hasty", name="jane")

    def step(provider, call):
        worker.let("called")
        worker.reached("leaving")
        time.sleep(0.2)
        return provider.renew(call)

    scene.provider.do(step)
    assert worker.result() == "left"
    assert scene.run("tokens", names=["jane"])["tokens"] == [access_token("jane", 1)]
    assert len(scene.provider.calls) == 1
