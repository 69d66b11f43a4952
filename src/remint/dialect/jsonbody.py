"""JSON bodies, read strictly: whatever ``msgspec`` lets pass that a token endpoint must not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from remint.dialect.fault import Parameter, bad_message, doubled
from remint.errors import Refusal


def read_json(
    body: bytes,
    decode: Callable[[bytes], Any],
    known: Mapping[str, Parameter],
    quoted: tuple[bytes, ...],
) -> Any:
    """``body`` as ``decode`` reads it.

    ``known`` are the members that the dialect reads and ``quoted`` their names as they stand in JSON. A name
    that is there twice, or that may be spelled with escapes, is looked at again with more care.
    Raises ``Refusal``: not JSON, not UTF-8, no object, nested too deep, or a known member more than once.
    """
    try:
        message = decode(body)
        if not body.isascii():
            body.decode()
    except msgspec.ValidationError as error:
        raise _misshapen(str(error), known) from None
    except UnicodeDecodeError:
        raise bad_message("body", "syntax", "The body is not UTF-8.") from None
    except (msgspec.DecodeError, RecursionError):
        raise bad_message("body", "syntax", "The body is not JSON that can be read.") from None
    if b"\\" in body:
        _refuse_doubles(body, known)
    else:
        for name in quoted:
            if body.count(name) > 1:
                _refuse_doubles(body, known)
                break
    return message


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
