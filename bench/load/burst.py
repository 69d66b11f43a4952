"""A load on one endpoint, and the bursts of it that are measured."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.load import generator


@dataclass(frozen=True, slots=True)
class Shape:
    """A request as a template, and what its answer has to be.

    `{{token}}` in the path, a header or the body stands for a token. `next_token` is the text
    before the successor in an answer; without it a token is presented again and again.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    next_token: str | None = None
    status: int = 200

    def head(self, port: int) -> str:
        """The request line and headers, less Content-Length, which depends on the token."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "".join(f"{line}\r\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Burst:
    """What one burst showed. Latencies in ms; `rps` counts expected answers only.

    `cpu_us` is the server's processor time for each answer, where it could be asked for.
    """

    rps: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    requests: int
    faults: Mapping[str, int]
    sample: str
    generator_cpu_seconds: float
    cpu_us: float = 0.0


@dataclass(slots=True)
class Load:
    """A shape against a port, with tokens that live on from burst to burst.

    `folder` is where the templates and the tokens as they stand are kept. A chain of renewals
    must go on from the newest token, so a `Load` is the only user of its tokens; to put it to another
    server, set `port`. `meter` gives the processor seconds that the server has used so far.
    """

    port: int
    shape: Shape
    folder: Path
    tokens: Sequence[str] = ()
    connections: int = 64
    meter: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write("body", self.shape.body)
        self._write("tokens", "".join(f"{token}\n" for token in self.tokens))

    def burst(self, seconds: float, warmup: float = 0.5) -> Burst:
        """Runs the generator once.

        Raises `RuntimeError` when it could not run, or when nothing at all came back.
        """
        self._write("head", self.shape.head(self.port))
        before = self.meter() if self.meter else 0.0
        done = subprocess.run(
            [*generator.command(), *self._arguments(seconds, warmup)],
            capture_output=True,
            text=True,
            timeout=seconds + warmup + 60,
        )
        if done.returncode:
            raise RuntimeError(f"the load generator failed: {done.stderr.strip()}")
        raw = json.loads(done.stdout)
        burst = _burst(raw, self.shape.status)
        if self.meter and raw["all"]:
            return replace(burst, cpu_us=(self.meter() - before) / raw["all"] * 1e6)
        return burst

    def _arguments(self, seconds: float, warmup: float) -> list[str]:
        options = {
            "port": self.port,
            "connections": self.connections,
            "seconds": seconds,
            "warmup": warmup,
            "expect": self.shape.status,
            "head": self.folder / "head",
            "body": self.folder / "body",
        }
        if self.tokens:
            options["tokens"] = self.folder / "tokens"
        if self.shape.next_token:
            options["next"] = self.shape.next_token
            options["save"] = self.folder / "tokens"
        return [part for name, value in options.items() for part in (f"--{name}", str(value))]

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_bytes(text.encode())


def _burst(raw: dict, expected: int) -> Burst:
    faults = {
        f"status {status}": count
        for status, count in raw["statuses"].items()
        if int(status) != expected
    }
    for name in ("broken", "no_token", "unanswered", "gave_up"):
        if raw[name]:
            faults[name] = raw[name]
    return Burst(
        rps=raw["rps"],
        p50_ms=raw["p50_ms"],
        p90_ms=raw["p90_ms"],
        p99_ms=raw["p99_ms"],
        max_ms=raw["max_ms"],
        requests=raw["requests"],
        faults=faults,
        sample=raw["bad_answer"][:200] if faults else "",
        generator_cpu_seconds=raw["cpu_seconds"],
    )
