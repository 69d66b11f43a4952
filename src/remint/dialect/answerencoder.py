"""Writes the function that turns a ``TokenAnswer`` into bytes for the wire."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from remint.dialect.answerbody import MEDIA_TYPES, write_form
from remint.dialect.answerplaces import leaf_of
from remint.dialect.code import Code, identifier
from remint.dialect.formats import format_of
from remint.dialect.message import TokenAnswer, WireAnswer
from remint.dialect.shape import Leaf, construct, make_shape
from remint.dialect.vocabulary import AnswerField, AnswerForm
from remint.errors import Refusal

Encode = Callable[[TokenAnswer], WireAnswer]

#: What every answer says beside its length (RFC 6749 §5.1).
ANSWER_HEADERS: list[tuple[bytes, bytes]] = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"pragma", b"no-cache"),
]


def make_answer_encoder(title: str, answer: AnswerForm) -> tuple[Encode, str]:
    """The encoder of one form of success; and its text."""
    code = Code(title)
    fields = [field for field in answer.fields if field.name]
    code.name("encode_json", msgspec.json.Encoder().encode)
    code.name("write_form", write_form)
    code.name("WireAnswer", WireAnswer)
    code.name("lacks", lacks)
    code.name("remaining", remaining)
    with code.block("def encode(answer):"):
        _extras(code, fields)
        for field in fields:
            _value(code, field)
        body = _body(code, answer, fields)
        if answer.prefix:
            body = f"{answer.prefix.encode()!r} + {body}"
        code.line(f"body = {body}")
        media = (b"content-type", MEDIA_TYPES[answer.body].encode())
        headers = ", ".join(repr(header) for header in [media, *ANSWER_HEADERS[1:]])
        length = '(b"content-length", b"%d" % len(body))'
        code.line(f"return WireAnswer({answer.status}, [{headers}, {length}], body)")
    return code.function("encode"), code.text


def _body(code: Code, answer: AnswerForm, fields: list[AnswerField]) -> str:
    """The expression that makes the body of the fields' variables."""
    if answer.body == "text":
        return "access_token.encode()"
    if answer.body == "form":
        members = ", ".join(f"({field.name[0]!r}, {field.variable})" for field in fields)
        return f"write_form([{members}])"
    shape = make_shape("Answer", [leaf_of(field.name) for field in fields])
    leaves = {leaf_of(field.name): Leaf(field.variable, _condition(field)) for field in fields}
    return f"encode_json({construct(code, shape, leaves)})"


def lacks(meaning: str) -> Refusal:
    """The dialect always sends something that this answer does not have: our fault, not the caller's."""
    return Refusal("server_error", "", logged=f"the dialect needs {meaning} in every answer")


def remaining(answer: TokenAnswer) -> int | None:
    """How long the refresh token lives from the moment of the answer, in seconds."""
    if None in (answer.refresh_expires_at, answer.access_expires_at, answer.expires_in):
        return None
    issued_at = (answer.access_expires_at or 0) - (answer.expires_in or 0)
    return (answer.refresh_expires_at or 0) - issued_at


def _extras(code: Code, fields: list[AnswerField]) -> None:
    if any(field.extra for field in fields):
        code.line("extras = answer.extras or {}")


def _value(code: Code, field: AnswerField) -> None:
    """Lines that leave the field's JSON value in the variable of its name."""
    if field.value is not None:
        code.line(f"{field.variable} = {field.value!r}")
        return
    if field.meaning == "refresh_expires_in":
        code.line(f"{field.variable} = remaining(answer)")
    elif field.extra:
        code.line(f"{field.variable} = extras.get({field.extra!r})")
    else:
        code.line(f"{field.variable} = answer.{field.meaning}")
    write = format_of(field.format).write
    if field.required:
        with code.block(f"if {field.variable} is None:"):
            code.line(f"raise lacks({field.meaning!r})")
    if write is None:
        return
    writer = code.name(identifier(f"write_{field.format}"), write)
    if field.required:
        code.line(f"{field.variable} = {writer}({field.variable})")
    else:
        with code.block(f"if {field.variable} is not None:"):
            code.line(f"{field.variable} = {writer}({field.variable})")


def _condition(field: AnswerField) -> str:
    is_certain = field.required or field.value is not None
    return "" if is_certain else f"{field.variable} is not None"
