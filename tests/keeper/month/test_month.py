"""A month with the real issuer, in its four dialects, on clocks that leap, drift apart and are set back."""

from __future__ import annotations

import asyncio
import random
import urllib.request
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec

from remint import AsyncKeeper, Scheduler, Timing
from remint.clock import Clock
from remint.dialect import builtin
from remint.issuer.apps import demo
from tests.keeper.month.relay import Fault, relay
from tests.promises.honest import seeded

DIALECTS = ("oauth2", "eshopbox", "partner", "genlogs")
PATHS = {
    "oauth2": "/oauth/token",
    "eshopbox": "/api/v1/generateToken",
    "genlogs": "/auth/token/refresh",
}
MONTH_SECONDS = 30 * 86_400
FAULTS: tuple[Fault, ...] = ("drop before", "drop after", "drop after", "503", "429", "html")
#: Pauses are real time here, and the month is long.
TIMING = Timing(
    first_pause_seconds=0.02, longest_pause_seconds=0.1, patience_seconds=20, lease_seconds=5
)


class Skewed:
    """The issuer's clock, seen from a machine whose own is wrong by ``skew_ms``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.skew_ms = 0

    def now_ms(self) -> int:
        """See ``Clock``."""
        return self._clock.now_ms() + self.skew_ms

    def monotonic_ms(self) -> int:
        """See ``Clock``."""
        return self._clock.monotonic_ms()


@dataclass
class Month:
    """What the month has and has seen."""

    keeper: AsyncKeeper
    issuer_clock: Any
    keys: dict[str, Any]
    rounds: int = 0
    tokens: int = 0

    async def settled(self) -> None:
        """Returns when no renewal is under way or in doubt."""
        for _ in range(2000):
            counts = await self.keeper.blocking(self.keeper.around.store.count)
            if not counts["renewing"] and not counts["in_doubt"]:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"renewals do not come to an end: {counts}")

    async def use(self, name: str) -> None:
        """Asks for a token and looks at it as the API would."""
        token = await self.keeper.token(name)
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(
            str(token),
            self.keys[header["kid"]],
            algorithms=[header["alg"]],
            options={"verify_exp": False, "verify_aud": False, "verify_iat": False},
        )
        left_ms = claims["exp"] * 1000 - self.issuer_clock.now_ms()
        assert left_ms > 0, f"{name}: a token that ended {-left_ms} ms ago was handed out"
        assert token.expires_at_ms is not None
        believed_ms = token.expires_at_ms - self.keeper.around.clock.now_ms()
        # The provider's clock is known to the second, by its Date.
        assert believed_ms <= left_ms + 2600, (
            f"{name}: believed to live {believed_ms - left_ms} ms more"
        )
        self.tokens += 1


def credentials_of(estate: Any) -> dict[str, dict[str, Any]]:
    """What a client of each dialect has, by meaning."""
    with estate.opened() as installation:
        offered = demo.prepare(installation, environ={}).credentials
    found = {}
    for name in DIALECTS:
        fields = builtin(name).call("refresh_token").form.request
        given = {
            field.meaning: offered[name][field.credential]
            for field in fields
            if field.credential in offered[name]
        }
        found[name] = given
    return found


def published_keys(base_url: str) -> dict[str, Any]:
    """The issuer's public keys by id."""
    with urllib.request.urlopen(f"{base_url}/.well-known/jwks.json", timeout=10) as answer:
        return {
            str(key.key_id): key
            for key in jwt.PyJWKSet.from_dict(msgspec.json.decode(answer.read())).keys
        }


async def test_a_month_with_the_real_issuer(estate, tmp_path):
    """No connection is lost, and every token that is handed out is good when it is."""
    rng = random.Random(seeded())
    given = credentials_of(estate)
    estate.server.start()
    clock = Skewed(estate.clock)
    with relay(lambda: estate.server.port, estate.clock.now_ms) as between:
        keeper = AsyncKeeper(tmp_path / "keeper", clock=clock, timing=TIMING)
        for name in DIALECTS:
            await keeper.connect(name, name, base_url=between.base_url, **given[name])
        month = Month(keeper, estate.clock, published_keys(between.base_url))
        scheduler = Scheduler(keeper, poll_seconds=0.02)
        running = asyncio.create_task(scheduler.run())
        began_ms = estate.clock.now_ms()
        while estate.clock.now_ms() - began_ms < MONTH_SECONDS * 1000:
            await one_round(month, estate, clock, between, rng)
        await scheduler.stop()
        await running
        statuses = {each.name: each for each in keeper.statuses()}
        await keeper.close()
    assert {status.state for status in statuses.values()} == {"fresh"}, statuses
    assert month.tokens >= 4 * month.rounds
    for name, path in PATHS.items():
        made = between.successes.get(path, 0)
        # One in every round that outlasts a token, a few more where a leap ends in the advisory window.
        assert made <= 2 * month.rounds + 10, f"{name}: {made} renewals in {month.rounds} rounds"


async def one_round(
    month: Month, estate: Any, clock: Skewed, between: Any, rng: random.Random
) -> None:
    """Time passes, something goes wrong, and tokens are wanted."""
    month.rounds += 1
    await month.settled()
    chance = rng.random()
    span: tuple[float, float] = rng.choice(
        ((60, 1500), (3000, 4200), (3600, 6 * 3600), (86_400, 3 * 86_400))
    )
    if chance < 0.1:
        # Set to rights, or set wrong: by ten minutes at most, as clocks without NTP are. What was believed
        # of the tokens before is wrong by as much; only the stopwatch knows that they are at their end.
        clock.skew_ms = rng.choice((0, rng.randint(-600_000, 600_000)))
        span = (86_500, 90_000)
    estate.clock.elapse(rng.uniform(*span))
    if 0.1 <= chance < 0.2:
        estate.server.kill()
        estate.server.start()
    elif chance < 0.7:
        between.faults += [rng.choice(FAULTS) for _ in range(rng.randint(1, 3))]
    wanted = [name for name in DIALECTS for _ in range(rng.randint(1, 8))]
    rng.shuffle(wanted)
    await asyncio.gather(*map(month.use, wanted))
    between.faults.clear()
