"""A request on its way from a caller to an endpoint, without a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from remint.dialect import Dialect, Endpoint, TokenRequest, WireAnswer, WireRequest, builtin, load
from remint.errors import Refusal

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "dialects" / "harbourline.toml"
BASE_URL = "https://api.example.com"
NOW_MS = 1_800_000_000_000

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")


def every_dialect() -> list[Dialect]:
    """The builtin dialects and the example."""
    return [
        *(builtin(name) for name in ("oauth2", "eshopbox", "partner", "genlogs")),
        load(EXAMPLE),
    ]


@dataclass(frozen=True)
class Arrival:
    """A request as an endpoint receives it."""

    path: str = "/"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    def header(self, name: bytes, *values: bytes) -> Arrival:
        """The same request with the header ``name`` once for each of ``values``."""
        others = [pair for pair in self.headers if pair[0] != name]
        return replace(self, headers=(*others, *((name, value) for value in values)))

    def at(self, endpoint: Endpoint) -> TokenRequest:
        return endpoint.decode(self.path, self.query, list(self.headers), self.body)


def arrival(request: WireRequest) -> Arrival:
    """A sent request, arrived."""
    path, _, query = request.url.removeprefix(BASE_URL).partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
    return Arrival(path, query.encode(), tuple(headers), request.body)


def endpoint_of(dialect: Dialect, grant: str = "refresh_token") -> Endpoint:
    return next(each for each in dialect.endpoints if grant in each.grants)


def refusal_of(endpoint: Endpoint, request: Arrival) -> Refusal:
    """What the endpoint raises; fails where it does not, or raises something else."""
    try:
        found = request.at(endpoint)
    except Refusal as refusal:
        return refusal
    raise AssertionError(f"was accepted as {msgspec.to_builtins(found)}")


def body_of(answer: WireAnswer) -> Any:
    return msgspec.json.decode(answer.body)


def fields_of(request: TokenRequest) -> dict[str, object]:
    """What a request carries."""
    return {
        name: value for name, value in msgspec.to_builtins(request).items() if value is not None
    }
