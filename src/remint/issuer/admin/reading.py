"""What a request says, as the structs that its operation names."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from remint.issuer.admin.fields import conceal
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.problem import Refused

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BOOLEANS: Final = {"true": True, "false": False}
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")
_PLACE: Final = re.compile(r"(.*) - at `(key in )?\$\.?(.*)`", re.DOTALL)


def body_of(operation: Operation, headers: Mapping[str, str], body: bytes) -> Any:
    """The body as the operation's struct, ``None`` where it takes none. Raises ``Refused``."""
    if operation.request is None:
        if body.strip() not in (b"", b"{}"):
            raise Refused("malformed", "this operation takes no body", field="body")
        return None
    if not body and not operation.needs_body:
        return operation.request()
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(
            "media_type", "the body is not JSON", field="Content-Type", expected="application/json"
        )
    try:
        return msgspec.json.decode(body, type=operation.request, dec_hook=conceal)
    except msgspec.ValidationError as error:
        raise _unsuited(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("malformed", "the body is not JSON in UTF-8", field="body") from None
    except RecursionError:
        raise Refused("malformed", "the body is nested too deeply", field="body") from None


def query_of(operation: Operation, query_string: bytes) -> Any:
    """The query as the operation's struct, ``None`` where it takes none. Raises ``Refused``."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=50,
        )
    except (UnicodeError, ValueError):
        raise Refused("malformed", "the query is not text in UTF-8", field="query") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise Refused("invalid_value", f"{name} is there more than once", field=name)
        given[name] = value
    kind = operation.query
    if kind is None:
        for name in given:
            raise _unknown(name)
        return None
    hints = get_type_hints(kind, include_extras=True)
    read = {name: _read(value, hints.get(name, str)) for name, value in given.items()}
    try:
        return msgspec.convert(read, kind)
    except msgspec.ValidationError as error:
        raise _unsuited(error) from None


def _read(value: str, kind: Any) -> str | int | bool:
    """A value of the query as JSON would have it: what is no number stays text, and is refused for that."""
    plain = _plain(kind)
    if int in plain and _INTEGER.fullmatch(value):
        return int(value)
    return _BOOLEANS.get(value, value) if bool in plain else value


def _plain(kind: Any) -> set[Any]:
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in (types.UnionType, Union):
        return {each for part in get_args(kind) for each in _plain(part)}
    return {kind}


def _unsuited(error: msgspec.ValidationError) -> Refused:
    words, field = str(error), ""
    if found := _PLACE.fullmatch(words):
        words, field = found[1], found[3]
    if unknown := _UNKNOWN.fullmatch(words):
        return _unknown(f"{field}.{unknown[1]}".lstrip("."))
    missing = re.fullmatch(r"Object missing required field `(.*)`", words)
    if missing:
        name = f"{field}.{missing[1]}".lstrip(".")
        return Refused("invalid_value", f"{name} is missing", field=name)
    return Refused("invalid_value", words[:1].lower() + words[1:], field=field or "body")


def _unknown(name: str) -> Refused:
    return Refused("invalid_value", f"there is no field {name}", field=name)
