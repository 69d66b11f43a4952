"""Rows for JSON bodies: bodies that are no JSON, members that are not what they should be."""

from __future__ import annotations

import json

from tests.contracts.badinput.draft import JSON, QUERY, Draft
from tests.contracts.badinput.fault import MEDIA, NOT_AN_OBJECT, TOO_LARGE, UNREADABLE, Fault
from tests.contracts.badinput.row import Row, done

# What stands in the table instead of the good body: BODY is where that goes.
_BODIES: list[tuple[str, bytes, Fault]] = [
    ("not JSON", b"certainly not", UNREADABLE),
    ("only blanks", b"  \r\n\t ", UNREADABLE),
    ("cut short", b'{"a":"b"', UNREADABLE),
    ("cut in a string", b'{"a":"b', UNREADABLE),
    ("cut in an escape", b'{"a":"\\u00', UNREADABLE),
    ("trailing garbage", b"BODY;", UNREADABLE),
    ("two documents", b"BODYBODY", UNREADABLE),
    ("two documents on two lines", b"BODY\nBODY", UNREADABLE),
    ("trailing comma", b'{"a":"b",}', UNREADABLE),
    ("a comment in front", b"// a comment\nBODY", UNREADABLE),
    ("a comment behind", b"BODY/* a comment */", UNREADABLE),
    ("single quotes", b"{'a':'b'}", UNREADABLE),
    ("bare names", b"{a:1}", UNREADABLE),
    ("no colon", b'{"a" "b"}', UNREADABLE),
    ("NaN", b'{"a":NaN}', UNREADABLE),
    ("Infinity", b'{"a":-Infinity}', UNREADABLE),
    ("a number with a leading zero", b'{"a":007}', UNREADABLE),
    ("a number without an end", b'{"a":1e}', UNREADABLE),
    ("True for true", b'{"a":True}', UNREADABLE),
    ("a raw newline in a string", b'{"a":"b\nc"}', UNREADABLE),
    ("a raw NUL in a string", b'{"a":"b\x00c"}', UNREADABLE),
    ("a NUL behind", b"BODY\x00", UNREADABLE),
    ("an unknown escape", b'{"a":"\\x41"}', UNREADABLE),
    ("a lone surrogate", b'{"a":"\\ud800"}', UNREADABLE),
    ("surrogates the wrong way round", b'{"a":"\\udc00\\ud800"}', UNREADABLE),
    ("broken UTF-8 in a value", b'{"a":"\xff\xfe"}', UNREADABLE),
    ("broken UTF-8 in a name", b'{"\xc3(":"a"}', UNREADABLE),
    ("overlong UTF-8", b'{"a":"\xc0\xaf"}', UNREADABLE),
    ("a surrogate in UTF-8", b'{"a":"\xed\xa0\x80"}', UNREADABLE),
    ("a byte order mark", b"\xef\xbb\xbfBODY", UNREADABLE),
    ("deep arrays", b"[" * 20_000 + b"]" * 20_000, Fault(where="body")),
    ("deep objects", b'{"a":' * 8_000 + b"1" + b"}" * 8_000, UNREADABLE),
    ("deep arrays without an end", b"[" * 60_000, Fault(where="body")),
    ("XML", b"<grant_type>refresh_token</grant_type>", UNREADABLE),
    ("a form", b"grant_type=refresh_token&refresh_token=r", UNREADABLE),
    ("a form that begins like a number", b"1=2&3=4", Fault(where="body")),
    ("compressed", bytes.fromhex("1f8b08000000000000ffaba80500"), UNREADABLE),
    ("an array", b"[BODY]", NOT_AN_OBJECT),
    ("an empty array", b"[]", NOT_AN_OBJECT),
    ("a string", b'"refresh_token"', NOT_AN_OBJECT),
    ("a number", b"12", NOT_AN_OBJECT),
    ("true", b"true", NOT_AN_OBJECT),
    ("null", b"null", NOT_AN_OBJECT),
    ("a number out of range, alone", b"1e999", Fault(where="body")),
    ("64 KiB and a byte", b'{"a":"' + b"b" * 65_529 + b'"}', TOO_LARGE),
    ("a megabyte", b'{"a":"' + b"b" * 1_000_000 + b'"}', TOO_LARGE),
]

_CONTENT_TYPES: list[tuple[str, bytes, Fault]] = [
    ("text/plain", b"text/plain", MEDIA),
    ("text/json", b"text/json", MEDIA),
    ("multipart", b"multipart/form-data; boundary=b", MEDIA),
    ("XML", b"application/xml", MEDIA),
    ("octets", b"application/octet-stream", MEDIA),
    ("a form's", b"application/x-www-form-urlencoded", MEDIA),
    ("no type at all", b"json", MEDIA),
    ("a list", b"application/json, text/plain", MEDIA),
    ("Latin-1", b"application/json; charset=iso-8859-1", MEDIA),
    ("UTF-16", b"application/json; charset=utf-16", MEDIA),
    ("an unknown charset", b"application/json; charset=klingon", MEDIA),
    ("an empty charset", b"application/json; charset=", MEDIA),
    ("bytes beyond ASCII", b"application/j\xf6son", MEDIA),
    ("a megalomaniac's", b"application/" + b"j" * 5_000, MEDIA),
]

_ENCODINGS = ("utf-16", "utf-16-be", "utf-32-le")

Text = str


def body_rows(form: str) -> list[Row]:
    """Bodies that are no JSON object, and content types that are not JSON's."""
    rows = [Row(f"body: {name}", _replaced(body), fault, form) for name, body, fault in _BODIES]
    rows += [
        Row(f"content type: {name}", _typed(value), fault, form)
        for name, value, fault in _CONTENT_TYPES
    ]
    rows += [Row(f"body in {name}", _encoded(name), UNREADABLE, form) for name in _ENCODINGS]
    twice = Fault(where="header", name="Content-Type", kind="duplicate")
    rows.append(
        Row(
            "content type: twice",
            done(lambda d: d.more_headers.append(("content-type", b"application/json"))),
            twice,
            form,
        )
    )
    return rows


def member_rows(
    form: str, name: str, missing: Fault, *, longest: int = 4096, unfit: Fault | None = None
) -> list[Row]:
    """Everything that can be wrong with one member that must be a string.

    For ``unfit`` see ``parameter_rows``.
    """

    def is_wrong(kind: str) -> Fault:
        unfits = kind in ("length", "syntax") and unfit
        return unfits or Fault(where="body", name=name, kind=kind)

    values: list[tuple[str, object, Fault]] = [
        ("absent", None, missing),
        ("empty", "", unfit or missing),
        ("null", b"null", missing),
        ("a number", 5, is_wrong("type")),
        ("zero", 0, is_wrong("type")),
        ("a fraction", 1.5, is_wrong("type")),
        ("a number out of range", b"1e999", is_wrong("type")),
        ("a huge number", 10**40, is_wrong("type")),
        ("true", True, is_wrong("type")),
        ("false", False, is_wrong("type")),
        ("an array", ["refresh_token"], is_wrong("type")),
        ("an empty array", [], is_wrong("type")),
        ("an object", {"value": "refresh_token"}, is_wrong("type")),
        ("too long", "x" * (longest + 1), is_wrong("length")),
        ("far too long", "x" * 60_000, is_wrong("length")),
        ("with NUL", "a\0b", is_wrong("syntax")),
        ("with a newline", "refresh_token\n", is_wrong("syntax")),
        ("with an escape character", "\x1b[0m", is_wrong("syntax")),
        ("with DEL", "a\x7fb", is_wrong("syntax")),
        ("with a C1 control", "a\x85b", is_wrong("syntax")),
    ]
    rows = [
        Row(f"{name}: {what}", _member(name, value), fault, form) for what, value, fault in values
    ]
    doubled = is_wrong("duplicate")
    return [
        *rows,
        Row(f"{name}: twice", _again(json.dumps(name)), doubled, form),
        Row(f"{name}: twice, once escaped", _again(_escaped(name)), doubled, form),
        Row(f"{name}: twice, null first", _null_first(name), doubled, form),
        Row(
            f"{name}: in capitals",
            done(lambda d: d.rename(JSON, name, name.upper())),
            missing,
            form,
        ),
        Row(
            f"{name}: with a blank", done(lambda d: d.rename(JSON, name, name + " ")), missing, form
        ),
        Row(f"{name}: in the query", _moved(name), missing, form),
        Row(f"{name}: a level down", _nested(name), missing, form),
    ]


def _replaced(body: bytes):
    def change(draft: Draft) -> None:
        good = draft.message().body
        draft.raw_body = body.replace(b"BODY", good)

    return done(change)


def _encoded(encoding: str):
    def change(draft: Draft) -> None:
        draft.raw_body = draft.message().body.decode().encode(encoding)

    return done(change)


def _typed(value: bytes):
    return done(lambda draft: setattr(draft, "content_type", value))


def _member(name: str, value: object):
    return done(lambda draft: draft.set(JSON, name, value))


def _escaped(name: str) -> str:
    """The name as JSON may also spell it."""
    return f'"\\u{ord(name[0]):04X}{name[1:]}"'


def _again(spelled: str):
    return done(lambda draft: draft.add(JSON, spelled.encode(), "a"))


def _null_first(name: str):
    def change(draft: Draft) -> None:
        draft.fields.insert(0, type(draft.fields[0])(JSON, name, b"null"))

    return done(change)


def _moved(name: str):
    def change(draft: Draft) -> None:
        value = next(each.value for each in draft.fields if each.name == name)
        draft.set(JSON, name, None)
        draft.add(QUERY, f"not_{name}" if draft.path.startswith("/auth/token") else name, value)

    return done(change)


def _nested(name: str):
    def change(draft: Draft) -> None:
        value = next(each.value for each in draft.fields if each.name == name)
        draft.set(JSON, name, None)
        draft.add(JSON, "data", {name: value})

    return done(change)
