"""Bodies of answers: JSON, a form, or a bare token."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus

import msgspec

from remint.dialect.message import WireAnswer

MEDIA_TYPES: Final = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}
#: What is raised for a body that cannot be read.
UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)

# A bare token is whatever is no page, no sentence and no JSON: RFC 6749 appendix A.12, with less in it.
_TOKEN: Final = re.compile(rb"[!#-&(-;=?-Z^-z|~]+")
_WORDS: Final = frozenset({b"null", b"true", b"false", b"undefined", b"None"})
_MANY: Final = 200


def parse_body(answer: WireAnswer, prefix: bytes = b"", kind: str = "json") -> Any:
    """What a failure is looked for in: parsed JSON, the members of a form; ``None`` where it is neither.

    Who answers with a form or with text often fails with JSON, so that is tried first.
    """
    body = answer.body.removeprefix(prefix)
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        pass
    try:
        return read_form(body) if kind == "form" else None
    except ValueError:
        return None


def read_form(body: bytes) -> dict[str, str]:
    """The members of a form. Raises ``ValueError`` where it is none, or has a member twice."""
    pairs = parse_qsl(
        body.decode(),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=_MANY,
    )
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears more than once")
    return members


def write_form(members: Iterable[tuple[str, Any]]) -> bytes:
    """A form of those members that have a value."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(str(value))}"
        for name, value in members
        if value is not None
    ).encode()


def read_token(body: bytes) -> str:
    """A bare token. Raises ``ValueError`` for what can be none."""
    token = body.strip()
    if not _TOKEN.fullmatch(token) or token in _WORDS:
        raise ValueError("no token")
    return token.decode()
