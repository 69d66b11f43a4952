"""The claims that a dialect's answers need: whether they are there, and of the right type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from remint.dialect import Dialect
from remint.errors import ConfigurationError

SUBJECT_CLAIM: Final = "user_id"
"""Every answer has it without anybody's doing: the grant's subject."""

PROTOCOL_CLAIMS: Final = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope"}
)
"""What an access token says by itself (RFC 7519 §4.1, RFC 9068 §2.2): other claims so named are ignored."""

LONGEST_CLAIMS: Final = 8192
"""Bytes of JSON: a token that carries more fits into no header of the usual servers."""

_DEEPEST: Final = 32
_EXTRAS: Final = "extras."
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_EXAMPLES: Final[dict[str, Any]] = {
    "string": "example",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "any": "example",
}


def needed_claims(dialect: Dialect) -> dict[str, str]:
    """The claims, but for the subject's, without which ``dialect`` cannot answer; each with its type."""
    needed = {meaning for endpoint in dialect.endpoints for meaning in endpoint.always_sends}
    return {
        name: kind
        for name, kind in _claim_types(dialect)
        if f"{_EXTRAS}{name}" in needed and name != SUBJECT_CLAIM
    }


def example_claims(dialect: Dialect) -> dict[str, Any]:
    """A value for each of ``needed_claims``: the file's own example, or one of the right type."""
    needed = needed_claims(dialect)
    return {
        field.extra: _EXAMPLES[field.format] if field.example is None else field.example
        for endpoint in dialect.endpoints
        for field in endpoint.calls[0].answer.fields
        if field.extra in needed
    }


def check_complete(dialect: Dialect, claims: Mapping[str, Any], *, whose: str) -> None:
    """Raises ``ConfigurationError`` where ``claims`` lack one that ``dialect`` always sends.

    ``whose`` says where they were looked for in vain: "neither the user nor …".
    """
    for name, kind in needed_claims(dialect).items():
        if name not in claims:
            raise ConfigurationError(
                f"every answer of the dialect {dialect.name!r} carries {name}, and {whose} has it",
                key="claims",
                expected=f"a claim {name}: {_described(kind)}",
            )
    check_types(dialect, claims)


def check_size(claims: Mapping[str, Any]) -> None:
    """Raises ``ConfigurationError`` for claims that are too long or nested too deeply for a token."""
    if not _is_shallow(claims, _DEEPEST) or len(msgspec.json.encode(claims)) > LONGEST_CLAIMS:
        raise ConfigurationError(
            "the claims are too much for a token to carry",
            key="claims",
            expected=f"{LONGEST_CLAIMS} bytes of JSON at the most, nested up to {_DEEPEST} times",
        )


def check_types(dialect: Dialect, claims: Mapping[str, Any]) -> None:
    """Raises ``ConfigurationError`` for a claim that no token, or no answer of ``dialect``, can carry."""
    check_size(claims)
    for name in claims:
        if name in PROTOCOL_CLAIMS:
            raise ConfigurationError(
                "this claim is the protocol's own", key=f"claims.{name}", expected="another name"
            )
    for name, kind in _claim_types(dialect):
        if name in claims and not _suits(claims[name], kind):
            raise ConfigurationError(
                f"the dialect {dialect.name!r} sends {name} as {_described(kind)}",
                key=f"claims.{name}",
                expected=_described(kind),
            )


def _claim_types(dialect: Dialect) -> Iterator[tuple[str, str]]:
    for endpoint in dialect.endpoints:
        for field in endpoint.calls[0].answer.fields:
            if field.extra and field.value is None:
                yield field.extra, field.format


def _is_shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, (Mapping, list)):
        return True
    within = value.values() if isinstance(value, Mapping) else value
    return depth > 0 and all(_is_shallow(each, depth - 1) for each in within)


def _suits(value: Any, kind: str) -> bool:
    if kind not in _TYPES:
        return value is not None
    # Python's booleans are integers; JSON's are not.
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _described(kind: str) -> str:
    article = "an" if kind[0] in "aeiou" else "a"
    return "any value" if kind == "any" else f"{article} {kind}"
