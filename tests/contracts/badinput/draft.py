"""A request in parts that can each be spoiled: fields in their carriers, and what goes round them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus

from tests.contracts.wire import Headers, Message

JSON, FORM, QUERY, HEADER = "json", "form", "query", "header"
USER, PASSWORD = "basic-user", "basic-password"
BARE = object()  #: the value of a parameter that comes without an equals sign
_TYPES = {JSON: b"application/json", FORM: b"application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Field:
    """A value on its way in a carrier. Bytes travel as they are: unquoted, unescaped, unchecked."""

    carrier: str
    name: str | bytes
    value: Any


@dataclass
class Draft:
    """A request that is right until something is done to it."""

    path: str
    places: dict[str, tuple[str, str]]  #: the carrier and wire name of each meaning
    fields: list[Field] = field(default_factory=list)
    method: str = "POST"
    content_type: bytes | None = None  #: instead of the natural one; empty for none
    raw_body: bytes | None = None
    raw_query: bytes | None = None
    more_headers: Headers = field(default_factory=list)
    pieces: Callable[[bytes], list[bytes]] | None = (
        None  #: cuts the encoded request for slow sending
    )

    def put(self, meaning: str, value: Any) -> None:
        """Gives a meaning its value, at its place; ``None`` takes it out."""
        carrier, name = self.places[meaning]
        self.set(carrier, name, value)

    def set(self, carrier: str, name: str, value: Any) -> None:
        """Gives a field its value; ``None`` takes it out."""
        kept = [each for each in self.fields if (each.carrier, each.name) != (carrier, name)]
        self.fields = kept if value is None else [*kept, Field(carrier, name, value)]

    def get(self, meaning: str) -> Any:
        """The value that a meaning has now."""
        place = self.places[meaning]
        return next(each.value for each in self.fields if (each.carrier, each.name) == place)

    def add(self, carrier: str, name: str | bytes, value: Any) -> None:
        """One more field, whether or not there is one of that name."""
        self.fields.append(Field(carrier, name, value))

    def rename(self, carrier: str, name: str, new: str | bytes) -> None:
        """The same value under another name."""
        self.fields = [
            replace(each, name=new) if (each.carrier, each.name) == (carrier, name) else each
            for each in self.fields
        ]

    def message(self) -> Message:
        """The request as it goes out."""
        query = self._pairs(QUERY) if self.raw_query is None else self.raw_query
        target = self.path.encode() + (b"?" + query if query else b"")
        body, kind = self._body()
        headers: Headers = [
            (each.name, each.value if isinstance(each.value, bytes) else str(each.value).encode())
            for each in self._in(HEADER)
            if isinstance(each.name, str)
        ]
        headers += self._basic()
        content_type = kind if self.content_type is None else self.content_type
        if content_type:
            headers.append(("Content-Type", content_type))
        return Message(self.method, target, [*headers, *self.more_headers], body)

    def _in(self, carrier: str) -> list[Field]:
        return [each for each in self.fields if each.carrier == carrier]

    def _body(self) -> tuple[bytes, bytes]:
        used = [carrier for carrier in (JSON, FORM) if self._in(carrier)]
        natural = {carrier for carrier, _ in self.places.values()} & _TYPES.keys()
        kind = _TYPES.get(used[0] if used else min(natural, default=""), b"")
        if self.raw_body is not None:
            return self.raw_body, kind
        if not used:
            return b"", b""
        return (self._object() if used[0] == JSON else self._pairs(FORM)), kind

    def _object(self) -> bytes:
        members = (_json(each.name) + b":" + _json(each.value) for each in self._in(JSON))
        return b"{" + b",".join(members) + b"}"

    def _pairs(self, carrier: str) -> bytes:
        return b"&".join(
            _quoted(each.name) + (b"" if each.value is BARE else b"=" + _quoted(each.value))
            for each in self._in(carrier)
        )

    def _basic(self) -> Headers:
        halves = [self._in(USER), self._in(PASSWORD)]
        if not any(halves):
            return []
        text = b":".join(_quoted(half[0].value) if half else b"" for half in halves)
        return [("Authorization", b"Basic " + base64.b64encode(text))]


def _json(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _quoted(value: Any) -> bytes:
    return value if isinstance(value, bytes) else quote_plus(str(value)).encode()
