"""JSON bodies, read strictly: whatever ``msgspec`` lets pass that a token endpoint must not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from remint.dialect.fault import Parameter, bad_message, doubled
from remint.errors import Refusal

#: What ``msgspec`` raises for a body that it cannot read.
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def unreadable(error: Exception, known: Mapping[str, Parameter]) -> Refusal:
    """The refusal for what ``msgspec`` raised. ``known`` are the members that the dialect reads."""
    if isinstance(error, msgspec.ValidationError):
        return _misshapen(str(error), known)
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8()
    return bad_message("body", "syntax", "The body is not JSON that can be read.")


def look_closer(body: bytes, known: Mapping[str, Parameter], quoted: tuple[bytes, ...]) -> None:
    """Looks again, with more care, at a body that was read but may be more than it seems.

    ``quoted`` are the names of the ``known`` members as they stand in JSON. Raises ``Refusal`` where a known
    member is there twice, however it is spelled, and where a part that was skipped is not UTF-8.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None
    if b"\\" in body or any(_may_repeat(body, name) for name in quoted):
        _refuse_doubles(body, known)


def _not_utf8() -> Refusal:
    return bad_message("body", "syntax", "The body is not UTF-8.")


def _may_repeat(body: bytes, name: bytes) -> bool:
    """Whether the quoted ``name`` stands in ``body`` twice where it may be a member's name.

    Before a comma or a brace it is a value: ``{"grant_type":"refresh_token","refresh_token":…}``.
    """
    count = body.count(name)
    return count > 1 and count - body.count(name + b",") - body.count(name + b"}") > 1


def _misshapen(message: str, known: Mapping[str, Parameter]) -> Refusal:
    """Some member that should be an object, or hold a number that can be, is and does not."""
    path = message.rpartition("`$")[2].rstrip("`").strip(".")
    parameter = known.get(path.split(".")[0].split("[")[0])
    if parameter is None:
        return bad_message("body", "type", "The body must be a JSON object.")
    return parameter.refusal("type", f"The {parameter.noun} is of the wrong type.")


def _refuse_doubles(body: bytes, known: Mapping[str, Parameter]) -> None:
    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in known:
                if name in seen:
                    raise doubled(known[name])
                seen.add(name)

    try:
        json.loads(body, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise bad_message("body", "syntax", "The body is not JSON that can be read.") from None
