"""What a dialect's generated code costs, beside the same format written by hand.

`python bench/codec.py` prints, for each dialect, the serving side (decode the request, encode the answer) and
the calling side (encode the request, decode the answer), in microseconds and as a ratio to `bench/byhand.py`.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.byhand import BY_HAND
from remint.dialect import TokenAnswer, TokenRequest, builtin

NOW_MS = 1_800_000_000_000
BASE_URL = "https://api.example.com"
REQUEST = TokenRequest(
    "refresh_token",
    refresh_token="rmrt_" + "Zk3_" * 27,
    client_id="app_8Yt2kQ0fBv",
    client_secret="rmcs_" + "pQ7-" * 10,
    client_number=71_203,
    api_key="rmak_" + "x9Lw" * 10,
)
ANSWER = TokenAnswer(
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9." + "eyJp" * 90 + "." + "Mc4b" * 22,
    expires_in=3600,
    access_expires_at=NOW_MS // 1000 + 3600,
    refresh_token="rmrt_" + "Yj2_" * 27,
    refresh_expires_at=NOW_MS // 1000 + 2_592_000,
    scope="orders.read orders.write",
    extras={"user_id": "u_20934", "company_id": 7713},
)
#: What a client sends whatever the dialect.
USUAL_HEADERS = [
    (b"host", b"api.example.com"),
    (b"user-agent", b"python-requests/2.32.3"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
]


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds for one side of one dialect, compiled and by hand."""

    dialect: str
    side: str
    ours_us: float
    by_hand_us: float

    @property
    def ratio(self) -> float:
        return self.ours_us / self.by_hand_us


def measure(rounds: int = 15, calls: int = 4000) -> list[Cost]:
    """Both sides of each dialect; the two ways are timed in turn, and their best rounds are compared."""
    found = []
    for name in BY_HAND:
        for side, ours, by_hand in _pairs(name):
            ours_us, by_hand_us = _race(ours, by_hand, rounds, calls)
            found.append(Cost(name, side, ours_us, by_hand_us))
    return found


def _pairs(name: str) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """The two sides of a dialect, each compiled and by hand, after a look that they agree."""
    dialect, hand = builtin(name), BY_HAND[name]
    call = dialect.call("refresh_token")
    endpoint = next(each for each in dialect.endpoints if "refresh_token" in each.grants)
    sent = call.encode(REQUEST, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    path, _, query = sent.url.removeprefix(BASE_URL).partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in sent.headers]
    headers = [*USUAL_HEADERS, *headers, (b"content-length", b"%d" % len(sent.body))]
    arguments = path, query.encode(), headers, sent.body
    answer = endpoint.encode(ANSWER)

    assert hand.decode(*arguments) == endpoint.decode(*arguments)
    assert hand.ask(REQUEST, BASE_URL).body == sent.body
    assert hand.read(answer, now_ms=NOW_MS) == call.decode(answer, now_ms=NOW_MS)

    def serve() -> None:
        endpoint.decode(*arguments)
        endpoint.encode(ANSWER)

    def serve_by_hand() -> None:
        hand.decode(*arguments)
        hand.encode(ANSWER)

    def call_out() -> None:
        call.encode(REQUEST, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
        call.decode(answer, now_ms=NOW_MS)

    def call_out_by_hand() -> None:
        hand.ask(REQUEST, BASE_URL)
        hand.read(answer, now_ms=NOW_MS)

    return [("serving", serve, serve_by_hand), ("calling", call_out, call_out_by_hand)]


def _race(
    ours: Callable[[], object], by_hand: Callable[[], object], rounds: int, calls: int
) -> tuple[float, float]:
    """Microseconds a call of each: medians of the better half of the rounds, taken in turn."""
    timings: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    try:
        for _ in range(rounds):
            for timing, run in zip(timings, (ours, by_hand), strict=True):
                start = time.perf_counter_ns()
                for _ in range(calls):
                    run()
                timing.append((time.perf_counter_ns() - start) / calls / 1000)
    finally:
        gc.enable()
    best = (statistics.median(sorted(each)[: (rounds + 1) // 2]) for each in timings)
    return next(best), next(best)


def main() -> int:
    """Prints the table; exits 1 where a ratio reaches 1.5."""
    costs = measure()
    print(f"{'dialect':<12}{'side':<10}{'compiled µs':>12}{'by hand µs':>12}{'ratio':>8}")
    for cost in costs:
        cells = f"{cost.ours_us:>12.2f}{cost.by_hand_us:>12.2f}{cost.ratio:>8.2f}"
        print(f"{cost.dialect:<12}{cost.side:<10}{cells}")
    return int(any(cost.ratio >= 1.5 for cost in costs))


if __name__ == "__main__":
    sys.exit(main())
