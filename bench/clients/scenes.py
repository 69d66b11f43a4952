"""The scenes: each sets a stage, plays it, and says what became of the session."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.clients.provider import Provider, Reply
from bench.clients.stage import Said, Stage

Verdict = Literal["yes", "partly", "no", "n/a"]
_JSON = "application/json"

#: Bodies that are no tokens, as providers send them with status 200, and one with 400.
JUNK: dict[str, Reply] = {
    "a code of its own": (200, _JSON, b'{"code": 400, "message": "bad request"}'),
    "the same with 400": (400, _JSON, b'{"code": 400, "message": "bad request"}'),
    "an error with 200": (200, _JSON, b'{"error": "invalid_request"}'),
    "null tokens": (
        200,
        _JSON,
        b'{"access_token": null, "refresh_token": null, "expires_in": 3600}',
    ),
    "empty tokens": (200, _JSON, b'{"access_token": "", "refresh_token": "", "expires_in": 3600}'),
    "HTML": (200, "text/html", b"<html><body>Down for maintenance</body></html>"),
    "nothing": (200, _JSON, b""),
    "half of it": (200, _JSON, b'{"access_token": "at-1-3f", "refresh_to'),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it, and what was seen."""

    verdict: Verdict
    seen: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A row of the table."""

    name: str
    title: str
    provider: Callable[[], Provider]
    play: Callable[[Stage], Outcome]

    @property
    def setting(self) -> str:
        """What is played, in words."""
        return " ".join((self.play.__doc__ or "").split())


def shared_file(stage: Stage) -> Outcome:
    """Four processes, one set of saved tokens, all at once."""
    stage.seed()
    with stage.processes(4) as processes:
        for process in processes:
            process.send("call")
        said = [process.read() for process in processes]
    return _together(stage, said)


def workers(stage: Stage) -> Outcome:
    """Eight threads, one session object, all at once."""
    stage.seed()
    with stage.process() as process:
        said = process.ask("threads", count=8, apart_seconds=0)["all"]
    return _together(stage, said)


def waiter(stage: Stage) -> Outcome:
    """A second thread comes while the first is renewing."""
    stage.seed()
    with stage.process() as process:
        said = process.ask("threads", count=2, apart_seconds=0.3)["all"]
    return _together(stage, said)


def slow_provider(stage: Stage) -> Outcome:
    """A second process comes after a lock of one second has run out, and before the answer."""
    stage.options["timing"] = {"lease_seconds": 1}
    stage.options["timeout_seconds"] = 10
    stage.seed()
    with stage.processes(2) as processes:
        processes[0].send("call")
        time.sleep(1.5)
        processes[1].send("call")
        said = [process.read() for process in processes]
    return _together(stage, said)


def crash(stage: Stage) -> Outcome:
    """A process is killed between the answer and the save."""
    stage.seed()
    with stage.process(dies=True) as process:
        killed = process.ask("call").get("killed", False)
    assert killed or stage.provider.renewals == 0, "it was to be killed"
    with stage.process() as process:
        said = process.ask("call")
    works = said.get("status") == 200 and stage.lives_on()
    return Outcome("yes" if works else "no", _state(stage, [said]))


def junk(stage: Stage) -> Outcome:
    """A renewal is answered with something that is no token, then all is well again."""
    # It waits for as long as it says before it asks again; here nobody has that time.
    stage.options["timing"] = {
        "first_pause_seconds": 0.2,
        "longest_pause_seconds": 0.5,
        "patience_seconds": 1.5,
    }
    survived: list[str] = []
    lost: list[str] = []
    for name, reply in JUNK.items():
        part = _part(stage, name)
        part.seed()
        part.provider.junk = reply
        with part.process() as process:
            process.ask("call")
            part.provider.junk = None
            said = _patiently(part, process)
        works = said.get("status") == 200 and part.lives_on()
        (survived if works else lost).append(name)
    seen = f"{len(survived)} of {len(JUNK)} bodies survived"
    if lost:
        seen += f"; not: {', '.join(lost)}"
    return Outcome(_verdict(len(survived), len(JUNK)), seen)


def dead_session(stage: Stage) -> Outcome:
    """The user has revoked the session; two processes go on calling the API, five times each."""
    stage.seed()
    stage.provider.revoke()
    for _ in range(2):
        with stage.process() as process:
            process.ask("calls", count=5)
    calls = stage.provider.calls
    verdict: Verdict = "yes" if calls == 1 else "partly" if calls == 2 else "no"
    return Outcome(verdict, f"{_counted(calls, 'call')} with the dead token for 10 pieces of work")


def race_loser(stage: Stage) -> Outcome:
    """Two processes race; the provider refuses the loser and no more. Is the winner's token still there?"""
    stage.seed()
    with stage.processes(2) as processes:
        processes[0].send("call")
        time.sleep(0.4)
        processes[1].send("call")
        said = [process.read() for process in processes]
    works = stage.lives_on()
    return Outcome("yes" if works else "no", _state(stage, said))


def too_early(stage: Stage) -> Outcome:
    """45 seconds before the access token ends, at a provider that renews it in its last 30 only."""
    stage.seed(45)
    with stage.process() as process:
        said = process.ask("call")
    seen = f"{_counted(stage.provider.calls, 'call')} too early; {_shown(said)}"
    return Outcome("yes" if said.get("status") == 200 else "no", seen)


def debug_log(stage: Stage) -> Outcome:
    """A renewal with logging at DEBUG."""
    stage.seed()
    log = stage.folder / "debug.log"
    with stage.process(log=str(log)) as process:
        said = process.ask("call")
    text = log.read_text() if log.exists() else ""
    kinds = {"at": "access token", "rt": "refresh token", "be": "client secret"}
    found = sorted({kinds[secret[:2]] for secret in stage.provider.secrets() if secret in text})
    lines = f"{len(text.splitlines())} lines of log"
    seen = f"{lines} with {', '.join(found)}" if found else f"{lines}, {_shown(said)}"
    return Outcome("no" if found else "yes", seen)


def expiry(stage: Stage) -> Outcome:
    """`expires_in` as text, as the epoch at which it ends, and left out; then the token ends."""
    shapes: dict[str, Callable[[float], dict[str, Any]]] = {
        "text": lambda seconds: {"expires_in": str(int(seconds))},
        "an epoch": lambda seconds: {"expires_in": int(time.time() + seconds)},
        "left out": lambda _seconds: {},
    }
    # The token's life is short here; Remint does not renew what is younger than ten seconds for a 401.
    stage.options["timing"] = {"rejected_pause_seconds": 1}
    good: list[str] = []
    bad: list[str] = []
    for name, shape in shapes.items():
        part = _part(stage, name, lifetime_seconds=2, shape=shape)
        if name == "an epoch":
            _write_epoch_dialect(part)
        part.seed()
        with part.process() as process:
            first = process.ask("call")
            time.sleep(2.2)
            second = process.ask("call")
        works = first.get("status") == second.get("status") == 200
        (good if works else bad).append(name)
    seen = f"works after the token's end: {', '.join(good) or 'none'}"
    if bad:
        seen += f"; does not: {', '.join(bad)}"
    return Outcome(_verdict(len(good), len(shapes)), seen)


def lost_answer(stage: Stage) -> Outcome:
    """The answer to a renewal is lost, at a provider that answers a repetition within a minute."""
    stage.options["grace_seconds"] = 60
    stage.seed()
    stage.provider.hang_up = 1
    with stage.process() as process:
        process.ask("call")
        said = _patiently(stage, process)
    works = said.get("status") == 200 and stage.lives_on()
    return Outcome("yes" if works else "no", _state(stage, [said]))


def _part(stage: Stage, name: str, **provider: Any) -> Stage:
    """The stage anew, for one of several things that a scene tries."""
    folder = stage.folder / name.replace(" ", "-")
    folder.mkdir()
    stage.provider.reset(**provider)
    return Stage(stage.library, stage.provider, folder, stage.certificate, dict(stage.options))


def _patiently(stage: Stage, process: Any) -> Said:
    """What calls bring while a library may be pausing: a success, or the last of several failures."""
    said: Said = {}
    for _ in range(6):
        said = process.ask("call")
        if said.get("status") == 200 or said.get("killed"):
            break
        time.sleep(0.7)
    return said


def _write_epoch_dialect(stage: Stage) -> None:
    """What a user of Remint does about a provider that calls a moment `expires_in`."""
    shutil.copy(Path(__file__).parent / "users" / "epoch.toml", stage.folder)
    stage.options["dialect"] = "epoch"


def _together(stage: Stage, said: list[Said]) -> Outcome:
    """The outcome of several callers at once: all served by one renewal, and the session lives on."""
    seen = _state(stage, said)
    served = sum(each.get("status") == 200 for each in said)
    lives = stage.lives_on()
    if not lives:
        seen += "; the session is lost"
    verdict: Verdict = "yes" if served == len(said) and lives else "no"
    return Outcome(verdict, seen)


def _state(stage: Stage, said: list[Said]) -> str:
    served = sum(each.get("status") == 200 for each in said)
    provider = stage.provider
    calls, renewals = _counted(provider.calls, "call"), _counted(provider.renewals, "renewal")
    text = f"{served} of {len(said)} served, {calls}, {renewals}"
    return text + "; the provider revoked the session" * provider.is_revoked


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"


def _shown(said: Said) -> str:
    if "error" in said:
        return f"the caller got {said['error'].partition(':')[0]}"
    return f"the caller got {said.get('status', 'nothing')}"


def _verdict(good: int, of: int) -> Verdict:
    return "yes" if good == of else "partly" if good else "no"


SCENES = (
    Scene(
        "shared-file",
        "Several processes share one set of saved tokens",
        lambda: Provider(delay_seconds=0.3),
        shared_file,
    ),
    Scene(
        "workers",
        "Tabs or workers refresh at once",
        lambda: Provider(delay_seconds=0.3),
        workers,
    ),
    Scene(
        "waiter",
        "The waiter uses the stale refresh token after the lock",
        lambda: Provider(delay_seconds=0.8),
        waiter,
    ),
    Scene(
        "slow-provider",
        "The lock expires before the refresh ends",
        lambda: Provider(delay_seconds=3.5),
        slow_provider,
    ),
    Scene("crash", "The process dies before the rotated token is saved", Provider, crash),
    Scene("junk", "An error body is adopted as the token", Provider, junk),
    Scene("dead-session", "`invalid_grant` is retried without end", Provider, dead_session),
    Scene(
        "race-loser",
        "The race's loser deletes the winner's token",
        lambda: Provider(rotation="single", delay_seconds=0.9),
        race_loser,
    ),
    Scene(
        "too-early",
        "Refreshed too early is an error",
        lambda: Provider(lifetime_seconds=600, earliest_seconds=570),
        too_early,
    ),
    Scene("debug-log", "Tokens in debug logs", Provider, debug_log),
    Scene("expiry", "`expires_in` as text, as a moment, or absent", Provider, expiry),
    Scene(
        "lost-answer",
        "A lost answer, where the provider forgives it",
        lambda: Provider(rotation="grace"),
        lost_answer,
    ),
)
