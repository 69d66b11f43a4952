"""A dialect's calls as they look on the wire, with what each value means in the place of the value.

Pure functions from what a dialect file says to lines of pieces; the page gives the pieces their colours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

import msgspec

from remint.dialect.vocabulary import AnswerField, CallForm, RefusalForm, RequestField
from remint.issuer.manual.wording import MEANINGS, TONES, UNITS

Tone = Literal["", "chip", "accent", "info"]
_CONTENT: Final = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
    "text": "text/plain",
}
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_WHOLE: Final = re.compile(r'"\{([a-z_]+)\}"|\{([a-z_]+)\}')


class Piece(msgspec.Struct, frozen=True):
    """A bit of a line: text as it travels, or, where it has a tone, the name of what stands there."""

    text: str
    tone: Tone = ""


Line = tuple[Piece, ...]
_Tree = dict[str | int, Any]


def request_drawn(call: CallForm) -> list[Line]:
    """The request of ``call``: first line, headers, an empty line, body. Of several carriers, the first."""
    fields = [(field.carriers[0], field) for field in call.request]
    lines = [_first_line(call, fields), *_headers(fields)]
    body = next((kind for kind, _ in fields if kind in _CONTENT), None)
    if body is None:
        return lines
    lines.append((Piece(f"Content-Type: {_CONTENT[body]}"),))
    inside = [field for kind, field in fields if kind == body]
    return [*lines, (), *(_json_of(inside) if body == "json" else _pairs(inside, body))]


def answer_drawn(call: CallForm) -> list[Line]:
    """The answer of a success. All of it is in the body: else the call would not be served."""
    answer = call.answer
    lines: list[Line] = [_status(answer.status), (Piece(f"Content-Type: {_CONTENT[answer.body]}"),)]
    if answer.prefix:
        lines += [(), (Piece(answer.prefix),)]
    inside = [field for field in answer.fields if field.name]
    body = _json_of(inside) if answer.body == "json" else _pairs(inside, "form")
    return [*lines, (), *body]


def refusal_drawn(refusal: RefusalForm) -> list[Line]:
    """One refusal: its status, its own headers and its body."""
    lines: list[Line] = [_status(refusal.status)]
    lines += [(Piece(f"{name}: {value}"),) for name, value in refusal.headers.items()]
    body = json.dumps(refusal.body, indent=2, ensure_ascii=False)
    return [*lines, (), *(_filled(line, {"code": refusal.code}) for line in body.splitlines())]


def _first_line(call: CallForm, fields: list[tuple[str, RequestField]]) -> Line:
    by_name = {".".join(field.name_in("path")): field for kind, field in fields if kind == "path"}
    pieces = [Piece(f"{call.method} ")]
    at = 0
    for match in _PLACEHOLDER.finditer(call.paths[0]):
        pieces.append(Piece(call.paths[0][at : match.start()]))
        field = by_name.get(match[1])
        pieces.append(Piece(match[0]) if field is None else _sent(field))
        at = match.end()
    pieces.append(Piece(call.paths[0][at:]))
    asked = [field for kind, field in fields if kind == "query"]
    for mark, field in zip("?" + "&" * len(asked), asked, strict=False):
        pieces += [Piece(f"{mark}{'.'.join(field.name_in('query'))}="), _sent(field)]
    return tuple(piece for piece in pieces if piece.text)


def _headers(fields: list[tuple[str, RequestField]]) -> Iterator[Line]:
    basic = {kind: field for kind, field in fields if kind.startswith("basic-")}
    if basic:
        user, password = basic.get("basic-user"), basic.get("basic-password")
        yield (
            Piece("Authorization: Basic "),
            Piece("base64("),
            *([] if user is None else [_sent(user)]),
            Piece(":"),
            *([] if password is None else [_sent(password)]),
            Piece(")"),
        )
    for kind, field in fields:
        name = ".".join(field.name_in(kind))
        if kind == "bearer":
            yield Piece("Authorization: Bearer "), _sent(field)
        elif kind == "header":
            yield Piece(f"{name}: "), _sent(field), *_optional(field.required)
        elif kind == "cookie":
            yield Piece(f"Cookie: {name}="), _sent(field)


def _pairs(fields: Iterable[RequestField | AnswerField], kind: str) -> Iterator[Line]:
    for number, field in enumerate(fields):
        mark = "&" if number and kind == "form" else ""
        name = ".".join(map(str, field.name))
        yield Piece(f"{mark}{name}="), _told(field), *_optional(field.required)


def _json_of(fields: Iterable[RequestField | AnswerField]) -> list[Line]:
    tree: _Tree = {}
    for field in fields:
        node = tree
        for part in field.name[:-1]:
            node = node.setdefault(part, {})
        node[field.name[-1]] = field
    return list(_branch(tree, "", "", ""))


def _branch(tree: _Tree, indent: str, before: str, after: str) -> Iterator[Line]:
    # No array: a call that has one in its answer is not served.
    yield (Piece(f"{indent}{before}{{"),)
    inner = indent + "  "
    for number, (key, value) in enumerate(tree.items(), 1):
        comma = "," if number < len(tree) else ""
        if isinstance(value, dict):
            yield from _branch(value, inner, f'"{key}": ', comma)
        else:
            yield (
                Piece(f'{inner}"{key}": '),
                _told(value, quoted=True),
                *([Piece(comma)] if comma else []),
                *_optional(value.required),
            )
    yield (Piece(f"{indent}}}{after}"),)


def _told(field: RequestField | AnswerField, *, quoted: bool = False) -> Piece:
    if field.value is not None:
        return Piece(json.dumps(field.value) if quoted else str(field.value))
    if isinstance(field, RequestField):
        return _sent(field)
    unit = UNITS.get(field.format, "")
    return Piece(f"{_named(field.meaning)}{unit and f', {unit}'}", _tone(field.meaning))


def _sent(field: RequestField) -> Piece:
    if field.value is not None:
        return Piece(str(field.value))
    made = f" ({field.generate.replace('-', ' ')})" if field.generate else ""
    return Piece(f"{_named(field.meaning)}{made}", _tone(field.meaning))


def _named(meaning: str) -> str:
    return MEANINGS.get(meaning, meaning.removeprefix("extras."))


def _tone(meaning: str) -> Tone:
    return TONES.get(meaning, "chip")


def _optional(required: bool) -> Iterator[Piece]:
    if not required:
        yield Piece("  optional", "")


def _status(status: int) -> Line:
    return (Piece(f"{status} {HTTPStatus(status).phrase}"),)


def _filled(line: str, known: Mapping[str, str]) -> Line:
    """``line`` of JSON with its placeholders named, or filled where they are ``known``."""
    pieces, at = [], 0
    for match in _WHOLE.finditer(line):
        pieces.append(Piece(line[at : match.start()]))
        name = match[1] or match[2]
        words = MEANINGS.get(name, name.replace("_", " "))
        whole = json.dumps(known[name]) if match[1] and name in known else known.get(name)
        pieces.append(Piece(words, "chip") if whole is None else Piece(whole))
        at = match.end()
    pieces.append(Piece(line[at:]))
    return tuple(piece for piece in pieces if piece.text)
