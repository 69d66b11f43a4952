"""Writes the function that reads a provider's answer: a ``TokenAnswer``, or a ``Refusal`` raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from remint.dialect.code import Code
from remint.dialect.failure import dig, failed, make_recogniser, parse_body
from remint.dialect.formats import FORMATS
from remint.dialect.message import TokenAnswer
from remint.dialect.vocabulary import AnswerField, AnswerForm, DialectForm
from remint.errors import Refusal

Decode = Callable[..., TokenAnswer]


def make_answer_decoder(title: str, form: DialectForm, answer: AnswerForm) -> tuple[Decode, str]:
    """The decoder of one call's answers; and its text."""
    code = Code(title)
    code.name("PREFIX", answer.prefix.encode())
    code.name("recognise", make_recogniser(form))
    code.name("RULES", form.failures)
    code.name("decode_json", msgspec.json.Decoder().decode)
    code.name("UNREADABLE", (msgspec.DecodeError, UnicodeDecodeError, RecursionError))
    for thing in (dig, failed, parse_body, not_understood, TokenAnswer):
        code.name(thing.__name__, thing)
    with code.block("def decode(answer, *, now_ms):"):
        with code.block(f"if answer.status != {answer.status}:"):
            code.line("raise recognise(answer, parse_body(answer, PREFIX), now_ms)")
        with code.block("try:"):
            stripped = "answer.body.removeprefix(PREFIX)" if answer.prefix else "answer.body"
            code.line(f"body = decode_json({stripped})")
        with code.block("except UNREADABLE:"):
            code.line('raise not_understood("body") from None')
        if form.failures:
            code.line("failure = failed(RULES, answer, body, now_ms)")
            with code.block("if failure is not None:"):
                code.line("raise failure")
        with code.block("if body.__class__ is not dict:"):
            code.line('raise not_understood("body")')
        for field in answer.fields:
            _value(code, field)
        _construct(code, answer)
    return code.function("decode"), code.text


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


def _value(code: Code, field: AnswerField) -> None:
    if not field.name:
        code.line(f"{field.variable} = {field.value!r}")
        return
    if len(field.name) == 1:
        code.line(f"{field.variable} = body.get({field.name[0]!r})")
    else:
        code.line(f"{field.variable} = dig(body, {field.name!r})")
    # The other formats come first: the main one may accept, and misread, what they understand.
    formats = (*field.also, field.format)
    read = read_any(tuple(FORMATS[each].read for each in formats))
    if len(formats) == 1:
        read = FORMATS[field.format].read
    reader = code.name(f"read_{'_or_'.join(formats)}".replace("-", "_"), read)
    with code.block(f'if {field.variable} is None or {field.variable} == "":'):
        if field.required:
            code.line(f"raise not_understood({'.'.join(field.name)!r})")
        else:
            code.line(f"{field.variable} = None")
    with code.block("else:"):
        with code.block("try:"):
            code.line(f"{field.variable} = {reader}({field.variable})")
        with code.block("except (ValueError, OverflowError):"):
            code.line(f"raise not_understood({'.'.join(field.name)!r}) from None")


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
    extras = [field for field in answer.fields if field.extra]
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
