"""Values that travel as text: what is accepted, and what each wrong one is called."""

from __future__ import annotations

import re
from typing import Any, Final

from remint.dialect.fault import Parameter, malformed, wrong_length, wrong_type
from remint.errors import Refusal

#: C0 and C1 controls and DEL. Nothing that a dialect carries has them.
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_INTEGER: Final = re.compile(rb"-?[1-9][0-9]{0,18}|0")


def check_text(parameter: Parameter, value: str) -> None:
    """Refuses text of the wrong length or with control characters."""
    if not parameter.min_length <= len(value) <= parameter.max_length:
        raise wrong_length(parameter)
    if not value.isprintable() and CONTROL.search(value):
        raise malformed(parameter)


def wrong_header(parameter: Parameter, value: str) -> Refusal:
    """What is wrong with a header's text: its length, or that it is not printable ASCII (RFC 9110 §5.5)."""
    if value.isascii() and value.isprintable():
        return wrong_length(parameter)
    return malformed(parameter)


def json_text(parameter: Parameter, value: Any) -> str:
    """A JSON string."""
    if value.__class__ is not str:
        raise wrong_type(parameter, "a string")
    check_text(parameter, value)
    text: str = value
    return text


def header_integer(parameter: Parameter, raw: bytes, low: int, high: int) -> int:
    """A whole number in a header, in its one canonical spelling."""
    if _INTEGER.fullmatch(raw) is None or not low <= (value := int(raw)) <= high:
        raise wrong_type(parameter, _whole(low, high))
    return value


def text_integer(parameter: Parameter, text: str, low: int, high: int) -> int:
    """A whole number in a query, form, path or cookie."""
    return header_integer(parameter, text.encode(errors="surrogatepass"), low, high)


def json_integer(parameter: Parameter, value: Any, low: int, high: int) -> int:
    """A JSON number without fraction or exponent."""
    if value.__class__ is not int or not low <= value <= high:
        raise wrong_type(parameter, _whole(low, high))
    number: int = value
    return number


def text_boolean(parameter: Parameter, text: str) -> bool:
    """``true`` or ``false``."""
    if text not in ("true", "false"):
        raise wrong_type(parameter, "true or false")
    return text == "true"


def json_boolean(parameter: Parameter, value: Any) -> bool:
    """A JSON boolean."""
    if value.__class__ is not bool:
        raise wrong_type(parameter, "true or false")
    flag: bool = value
    return flag


def _whole(low: int, high: int) -> str:
    return f"a whole number from {low} to {high}"
