"""Writes the function that reads a provider's answer: a ``TokenAnswer``, or a ``Refusal`` raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from remint.dialect.code import Code
from remint.dialect.failure import failed, make_recogniser, parse_body
from remint.dialect.formats import FORMATS
from remint.dialect.message import TokenAnswer
from remint.dialect.shape import Shape, make_shape
from remint.dialect.vocabulary import AnswerField, AnswerForm, DialectForm
from remint.errors import Refusal

Decode = Callable[..., TokenAnswer]

#: For formats that seldom need a conversion: when a value has to be looked at more closely.
_TEXT = "{0}.__class__ is not str or not {0}"
_NUMBER = "{0}.__class__ is not int or not 0 <= {0} < 0x7fffffffffffffff"
_PLAIN = {
    ("string",): _TEXT,
    ("space",): _TEXT,
    ("comma", "space"): _TEXT + " or ',' in {0}",
    ("seconds",): _NUMBER,
    ("epoch",): _NUMBER,
}


def make_answer_decoder(title: str, form: DialectForm, answer: AnswerForm) -> tuple[Decode, str]:
    """The decoder of one call's answers; and its text."""
    code = Code(title)
    code.name("PREFIX", answer.prefix.encode())
    code.name("recognise", make_recogniser(form))
    code.name("RULES", form.failures)
    shape = make_shape("Answer", [field.name for field in answer.fields if field.value is None])
    code.name("decode_json", msgspec.json.Decoder(shape.struct).decode)
    code.name("UNREADABLE", (msgspec.DecodeError, UnicodeDecodeError, RecursionError))
    for thing in (failed, parse_body, not_understood, understood, TokenAnswer):
        code.name(thing.__name__, thing)
    with code.block("def decode(answer, *, now_ms):"):
        with code.block(f"if answer.status not in {(answer.status, *answer.also_statuses)}:"):
            code.line("raise recognise(answer, parse_body(answer, PREFIX), now_ms)")
        if form.failures:
            code.line("failure = failed(RULES, answer, parse_body(answer, PREFIX), now_ms)")
            with code.block("if failure is not None:"):
                code.line("raise failure")
        with code.block("try:"):
            stripped = "answer.body.removeprefix(PREFIX)" if answer.prefix else "answer.body"
            code.line(f"message = decode_json({stripped})")
        with code.block("except UNREADABLE:"):
            code.line('raise not_understood("body") from None')
        for field in answer.fields:
            _value(code, shape, field)
        _construct(code, answer)
    return code.function("decode"), code.text


def understood(value: Any, read: Callable[[Any], Any], name: str, required: bool) -> Any:
    """``value`` as ``read`` reads it. Null and the empty string are no value: ``None``, where it may be."""
    if value is None or value == "":
        if required:
            raise not_understood(name)
        return None
    try:
        return read(value)
    except (ValueError, OverflowError):
        raise not_understood(name) from None


def not_understood(name: str) -> Refusal:
    """The provider says that all is well, and yet the answer is not what the dialect promises."""
    return Refusal(
        "server_error",
        f"The provider's answer has no {name} that can be read.",
        where="body",
        name=name,
        kind="value",
        outcome="later",
    )


def read_any(readers: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    """A reader that tries several in turn."""

    def read(value: Any) -> Any:
        for reader in readers[:-1]:
            try:
                return reader(value)
            except (ValueError, OverflowError):
                continue
        return readers[-1](value)

    return read


def _value(code: Code, shape: Shape, field: AnswerField) -> None:
    """Lines that leave the field's inner value in the variable of its name."""
    variable = field.variable
    if field.value is not None:
        code.line(f"{variable} = {field.value!r}")
        return
    # The other formats come first: the main one may accept, and misread, what they understand.
    formats = (*field.also, field.format)
    readers = tuple(FORMATS[each].read for each in formats)
    read = code.name(
        f"read_{'_or_'.join(formats)}".replace("-", "_"),
        readers[0] if len(readers) == 1 else read_any(readers),
    )
    name = ".".join(field.name)
    code.line(f"{variable} = message.{shape.attribute(field.name)}")
    line = f"{variable} = understood({variable}, {read}, {name!r}, {field.required})"
    doubt = _PLAIN.get(formats)
    if doubt is None:
        code.line(line)
        return
    some = "" if field.required else f"{variable} is not None and "
    with code.block(f"if {some}({doubt.format(variable)}):"):
        code.line(line)


def _construct(code: Code, answer: AnswerForm) -> None:
    has = {field.meaning: field for field in answer.fields}
    if "access_expires_at" not in has and "expires_in" in has:
        code.line(_unless_none("access_expires_at", "expires_in", "now_ms // 1000 + expires_in"))
    if "expires_in" not in has and "access_expires_at" in has:
        left = "max(0, access_expires_at - now_ms // 1000)"
        code.line(_unless_none("expires_in", "access_expires_at", left))
    if "refresh_expires_at" not in has and "refresh_expires_in" in has:
        at = "now_ms // 1000 + refresh_expires_in"
        code.line(_unless_none("refresh_expires_at", "refresh_expires_in", at))
    extras = [field for field in answer.fields if field.extra and field.value is None]
    if extras:
        members = ", ".join(f"{field.extra!r}: {field.variable}" for field in extras)
        code.line(f"extras = {{{members}}}")
        if not all(field.required for field in extras):
            code.line("extras = {k: v for k, v in extras.items() if v is not None} or None")
    if "token_type" in has:
        code.line('token_type = token_type or "Bearer"')
    known = [name for name in TokenAnswer.__struct_fields__ if _is_known(name, set(has))]
    known += ["extras"] * bool(extras)
    code.line(f"return TokenAnswer({', '.join(f'{name}={name}' for name in known)})")


def _is_known(name: str, given: set[str]) -> bool:
    expiry = {"expires_in", "access_expires_at"}
    if name in expiry:
        return bool(expiry & given)
    if name == "refresh_expires_at":
        return bool({"refresh_expires_at", "refresh_expires_in"} & given)
    return name in given


def _unless_none(target: str, source: str, value: str) -> str:
    return f"{target} = None if {source} is None else {value}"
