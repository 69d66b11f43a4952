"""Rows for parameters that travel urlencoded: in a query, or in a form body."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

from tests.contracts.badinput.draft import BARE, FORM, QUERY, Draft
from tests.contracts.badinput.fault import MEDIA, TOO_LARGE, Fault
from tests.contracts.badinput.row import Row, done

_WHERE = {FORM: "body", QUERY: "query"}

# Raw pairs put behind the good ones: what is broken anywhere is refused, whatever its name.
_BROKEN = [
    ("a lone percent sign", b"x=%"),
    ("half an escape", b"x=%2"),
    ("an escape that is no number", b"x=%zz"),
    ("an escape with a sign", b"x=%+1"),
    ("an escape in a name", b"%g0=x"),
    ("the escape of an old browser", b"x=%u0041"),
    ("escaped bytes that are no UTF-8", b"x=%ff%fe"),
    ("half a character", b"x=%c3"),
    ("overlong UTF-8", b"x=%c0%af"),
    ("a surrogate in UTF-8", b"x=%ed%a0%80"),
    ("broken UTF-8 in a name", b"%ff=x"),
]

# HTTP itself bars such bytes from the target of a request.
_RAW = {QUERY: [], FORM: [("raw bytes that are no UTF-8", b"x=\xff\xfe")]}

_CONTENT_TYPES = [
    ("text/plain", b"text/plain"),
    ("JSON's", b"application/json"),
    ("multipart", b"multipart/form-data; boundary=b"),
    ("octets", b"application/octet-stream"),
    ("no type at all", b"form"),
    ("a list", b"application/x-www-form-urlencoded, text/plain"),
    ("Latin-1", b"application/x-www-form-urlencoded; charset=iso-8859-1"),
    ("UTF-7", b"application/x-www-form-urlencoded; charset=utf-7"),
    ("an unknown charset", b"application/x-www-form-urlencoded; charset=klingon"),
]


def broken_rows(form: str, carrier: str) -> list[Row]:
    """Pairs that cannot be read at all."""
    fault = Fault(where=_WHERE[carrier], kind="syntax")
    return [
        Row(f"{carrier}: {name}", _appended(carrier, raw), fault, form)
        for name, raw in _BROKEN + _RAW[carrier]
    ]


def parameter_rows(
    form: str,
    carrier: str,
    name: str,
    missing: Fault,
    *,
    longest: int = 4096,
    unfit: Fault | None = None,
) -> list[Row]:
    """Everything that can be wrong with one parameter. ``missing`` is the fault of its absence.

    ``unfit`` is that of a value that no real one has, where the contract has an answer of its own for it;
    an empty one is of these.
    """

    def is_wrong(kind: str) -> Fault:
        unfits = kind in ("length", "syntax") and unfit
        return unfits or Fault(where=_WHERE[carrier], name=name, kind=kind)

    values: list[tuple[str, object, Fault]] = [
        ("absent", None, missing),
        ("empty", "", unfit or missing),
        ("too long", "x" * (longest + 1), is_wrong("length")),
        ("far too long", "x" * 20_000, is_wrong("length")),
        ("with NUL", "a\0b", is_wrong("syntax")),
        ("with a newline", "refresh_token\n", is_wrong("syntax")),
        ("with a tab", "a\tb", is_wrong("syntax")),
        ("with DEL", "a\x7fb", is_wrong("syntax")),
        ("with a C1 control", "a\x9bb", is_wrong("syntax")),
    ]
    rows = [
        Row(f"{name}: {what}", done(_setter(carrier, name, value)), fault, form)
        for what, value, fault in values
    ]
    doubled = is_wrong("duplicate")
    renamed: list[tuple[str, str | bytes]] = [
        ("in capitals", name.upper()),
        ("as an array", f"{name}[]"),
        ("with a blank", f" {name}"),
        ("escaped twice", f"%25{ord(name[0]):02X}{name[1:]}".encode()),
    ]
    rows += [
        Row(f"{name}: twice", done(lambda d: d.add(carrier, name, "a")), doubled, form),
        Row(f"{name}: twice, once escaped", done(_escaped_again(carrier, name)), doubled, form),
        Row(f"{name}: twice, the same", done(_same_again(carrier, name)), doubled, form),
        Row(f"{name}: twice, the first empty", done(_empty_first(carrier, name)), doubled, form),
        Row(f"{name}: without a sign", done(_bare(carrier, name)), unfit or missing, form),
        Row(f"{name}: behind a semicolon", done(_semicolon(carrier, name)), missing, form),
    ]
    return rows + [
        Row(f"{name}: {what}", done(_renamer(carrier, name, new)), missing, form)
        for what, new in renamed
    ]


def content_type_rows(form: str, missing: Fault) -> list[Row]:
    """Form bodies that say they are something else, or that are. ``missing``: the first parameter is."""
    rows = [
        Row(f"content type: {name}", done(_typer(value)), MEDIA, form)
        for name, value in _CONTENT_TYPES
    ]
    twice = Fault(where="header", name="Content-Type", kind="duplicate")
    bodies: list[tuple[str, bytes, Fault]] = [
        ("none", b"", missing),
        ("JSON in a form", b'{"grant_type":"refresh_token"}', missing),
        ("only separators", b"&&&&&&", missing),
        ("only signs", b"=&=&=", missing),
        ("a byte order mark in front", b"\xef\xbb\xbfBODY", missing),
        ("UTF-16", "grant_type=refresh_token".encode("utf-16"), Fault(where="body", kind="syntax")),
        ("UTF-16 without a mark", "grant_type=refresh_token".encode("utf-16-le"), missing),
        ("blanks in front", b"  BODY", missing),
        ("30 000 pairs", b"a&" * 30_000, missing),
        ("64 KiB and a byte", b"a=" + b"b" * 65_535, TOO_LARGE),
        ("a megabyte", b"a=" + b"b" * 1_000_000, TOO_LARGE),
    ]
    rows += [Row(f"body: {name}", done(_body(body)), fault, form) for name, body, fault in bodies]
    rows.append(Row("content type: twice", done(_second_type), twice, form))
    return rows


def _setter(carrier: str, name: str, value: object) -> Callable[[Draft], None]:
    return lambda draft: draft.set(carrier, name, value)


def _renamer(carrier: str, name: str, new: str | bytes) -> Callable[[Draft], None]:
    return lambda draft: draft.rename(carrier, name, new)


def _typer(value: bytes) -> Callable[[Draft], None]:
    return lambda draft: setattr(draft, "content_type", value)


def _body(body: bytes) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.raw_body = body.replace(b"BODY", draft.message().body)

    return change


def _second_type(draft: Draft) -> None:
    draft.more_headers.append(("content-type", b"application/x-www-form-urlencoded"))


def _appended(carrier: str, raw: bytes):
    def change(draft: Draft) -> None:
        name, _, value = raw.partition(b"=")
        draft.add(carrier, name, value)

    return done(change)


def _escaped_again(carrier: str, name: str) -> Callable[[Draft], None]:
    spelled = f"%{ord(name[0]):02X}{name[1:]}".encode()
    return lambda draft: draft.add(carrier, spelled, "a")


def _same_again(carrier: str, name: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        [value] = [
            each.value for each in draft.fields if (each.carrier, each.name) == (carrier, name)
        ]
        draft.add(carrier, name, value)

    return change


def _empty_first(carrier: str, name: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.fields.insert(0, type(draft.fields[0])(carrier, name, ""))

    return change


def _bare(carrier: str, name: str) -> Callable[[Draft], None]:
    return lambda draft: draft.set(carrier, name, BARE)


def _semicolon(carrier: str, name: str) -> Callable[[Draft], None]:
    """Only ``&`` separates: a semicolon is part of the value before it."""

    def change(draft: Draft) -> None:
        value = next(each.value for each in draft.fields if each.name == name)
        draft.set(carrier, name, None)
        draft.add(carrier, "x", f"1;{name}={quote_plus(value)}".encode())

    return change
