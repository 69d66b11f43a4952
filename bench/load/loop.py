"""The load generator in Python, for a machine without a C compiler: same options, same answer.

See load.c beside it for what the options mean. It takes about three times the processor time.
"""

import argparse
import asyncio
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import cast

import uvloop

_LIVES = 20
_DRAIN_SECONDS = 10


class Run:
    """One run: its options, the tokens, and what was counted."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        # As bytes: reading text would turn the CRLF of HTTP into something else.
        self.head = Path(options.head).read_bytes().decode()
        self.body = Path(options.body).read_bytes().decode()
        self.tokens = Path(options.tokens).read_text().split() if options.tokens else []
        self.start = time.monotonic() + options.warmup
        self.end = self.start + options.seconds
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.bad = (0, "")
        self.open = options.connections
        self.all = 0
        self.done = asyncio.Event()

    def closed(self) -> None:
        self.open -= 1
        if not self.open:
            self.done.set()


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request in flight, going round its own tokens."""

    def __init__(self, run: Run, number: int) -> None:
        self.run = run
        share = len(run.tokens) // run.options.connections
        self.mine = range(number * share, (number + 1) * share)
        self.turn = 0
        self.lives = _LIVES
        self.received = b""
        self.finished = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        run = self.run
        token = run.tokens[self.mine[self.turn]] if self.mine else ""
        body = run.body.replace("{{token}}", token).encode()
        head = run.head.replace("{{token}}", token)
        self.received = b""
        self.sent_at = time.monotonic()
        self.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, gap, body = self.received.partition(b"\r\n\r\n")
        if not gap:
            return
        _, found, rest = head.lower().partition(b"\r\ncontent-length:")
        if found and len(body) >= int(rest.partition(b"\r\n")[0]):
            self.answered(int(head[9:12]), body.decode("utf-8", "replace"))

    def answered(self, status: int, body: str) -> None:
        run, at = self.run, time.monotonic()
        good = status == run.options.expect
        if not good:
            run.bad = (status, body[:400])
        elif run.options.next and not self.take(body):
            run.faults["no_token"] += 1
            good = False
        if good and self.mine:
            self.turn = (self.turn + 1) % len(self.mine)
        run.all += good
        if run.start <= at < run.end:
            run.statuses[status] += 1
            if good:
                run.latencies.append(at - self.sent_at)
        self.lives = _LIVES if good else self.lives - 1
        if self.lives and at < run.end:
            self.send()
        else:
            run.faults["gave_up"] += not self.lives
            self.finished = True
            self.transport.close()

    def take(self, body: str) -> bool:
        """Puts the successor in the place of the token that was sent."""
        _, found, rest = body.replace(": ", ":").partition(self.run.options.next)
        token, end, _ = rest.partition('"')
        if found and end and token:
            self.run.tokens[self.mine[self.turn]] = token
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished:
            self.run.faults["broken"] += 1
        self.run.closed()


async def drive(options: argparse.Namespace) -> dict:
    run = Run(options)
    loop = asyncio.get_running_loop()
    for number in range(options.connections):
        await loop.create_connection(
            lambda number=number: Connection(run, number),  # type: ignore[misc]
            options.host,
            options.port,
        )
    try:
        limit = run.end - time.monotonic() + _DRAIN_SECONDS
        await asyncio.wait_for(run.done.wait(), limit)
    except TimeoutError:
        run.faults["unanswered"] = run.open
    if options.save:
        Path(options.save).write_text("".join(f"{token}\n" for token in run.tokens))
    return report(run)


def report(run: Run) -> dict:
    ordered = sorted(run.latencies) or [0.0]

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 3)

    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "generator": "python",
        "requests": len(run.latencies),
        "all": run.all,
        "rps": round(len(run.latencies) / run.options.seconds, 1),
        "statuses": {str(status): count for status, count in run.statuses.items()},
        **{name: run.faults[name] for name in ("broken", "no_token", "unanswered", "gave_up")},
        "p50_ms": at(0.5),
        "p90_ms": at(0.9),
        "p99_ms": at(0.99),
        "max_ms": at(1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "bad_status": run.bad[0],
        "bad_answer": run.bad[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("head", "body"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("tokens", "next", "save"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--expect", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warmup", type=float, default=0)
    json.dump(uvloop.run(drive(parser.parse_args())), sys.stdout)


if __name__ == "__main__":
    main()
