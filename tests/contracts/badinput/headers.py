"""Rows for parameters that travel in headers, and for the ``Authorization`` header."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.contracts.badinput.draft import FORM, HEADER, JSON, PASSWORD, QUERY, USER, Draft
from tests.contracts.badinput.fault import STRANGER, Fault
from tests.contracts.badinput.row import Row, done
from tests.contracts.badinput.treasury import Treasury

# int32 in its one canonical spelling (partner.md: "not a number, or outside int32").
_NO_INT32 = [
    ("a word", b"seven"),
    ("a fraction", b"7.0"),
    ("with an exponent", b"1e3"),
    ("with a plus sign", b"+7"),
    ("with a leading zero", b"007"),
    ("minus zero", b"-0"),
    ("a lone minus sign", b"-"),
    ("hexadecimal", b"0x1F"),
    ("with an underscore", b"1_000"),
    ("with a comma", b"1,000"),
    ("two numbers", b"7 8"),
    ("quoted", b'"7"'),
    ("null", b"null"),
    ("true", b"true"),
    ("NaN", b"NaN"),
    ("infinite", b"Infinity"),
    ("2^31", b"2147483648"),
    ("below -2^31", b"-2147483649"),
    ("2^63", b"9223372036854775808"),
    ("a thousand digits", b"9" * 1000),
    ("Arabic digits", "٧٧".encode()),
    ("full-width digits", "７".encode()),
    ("a superscript", "²".encode()),
    ("Latin-1", b"7\xb2"),
    ("with a tab", b"7\t7"),
]


def header_rows(
    form: str,
    name: str,
    missing: Fault,
    *,
    longest: int = 4096,
    elsewhere: str = JSON,
    unfit: Fault | None = None,
) -> list[Row]:
    """Everything that can be wrong with one header that must be text. HTTP bars NUL by itself.

    ``elsewhere`` is a carrier where the same value does not count; for ``unfit`` see ``parameter_rows``.
    """

    def is_wrong(kind: str) -> Fault:
        unfits = kind in ("length", "syntax") and unfit
        return unfits or Fault(where="header", name=name, kind=kind)

    values: list[tuple[str, bytes | None, Fault]] = [
        ("absent", None, missing),
        ("empty", b"", unfit or missing),
        ("only blanks", b"    ", unfit or missing),
        ("too long", b"x" * (longest + 1), is_wrong("length")),
        ("Latin-1", b"refresh\xb5token", is_wrong("syntax")),
        ("UTF-8", "refréshtoken".encode(), is_wrong("syntax")),
        ("broken UTF-8", b"a\xff\xfeb", is_wrong("syntax")),
        ("a tab inside", b"a\tb", is_wrong("syntax")),
        ("a C1 control", b"a\x80b", is_wrong("syntax")),
    ]
    rows = [Row(f"{name}: {what}", _set(name, value), fault, form) for what, value, fault in values]
    doubled = is_wrong("duplicate")
    return [
        *rows,
        Row(f"{name}: twice", done(lambda d: d.add(HEADER, name, b"a")), doubled, form),
        Row(f"{name}: twice, the same", done(_same_again(name)), doubled, form),
        Row(f"{name}: twice, in capitals", done(_shouted_again(name)), doubled, form),
        Row(f"{name}: twice, one empty", done(lambda d: d.add(HEADER, name, b"")), doubled, form),
        Row(f"{name}: in the query", done(_moved(name, QUERY)), missing, form),
        Row(f"{name}: in the body", done(_moved(name, elsewhere)), missing, form),
        Row(f"{name}: with underscores", done(_underscored(name)), missing, form),
    ]


def int32_rows(form: str, name: str) -> list[Row]:
    """Everything that is no 32-bit number."""
    fault = Fault(where="header", name=name, kind="type")
    return [Row(f"{name}: {what}", _set(name, value), fault, form) for what, value in _NO_INT32]


def basic_rows(form: str) -> list[Row]:
    """``Authorization`` headers that authenticate nobody (RFC 6749 §2.3.1, RFC 7617 §2)."""
    plain: list[tuple[str, bytes]] = [
        ("empty", b"Basic"),
        ("only a blank", b"Basic "),
        ("no base64", b"Basic !!!!"),
        ("base64 without its padding", b"Basic YTpiYw"),
        ("base64 with too much padding", b"Basic YTpi===="),
        ("base64 with a blank inside", b"Basic YTpi YTpi"),
        ("the URL-safe alphabet", b"Basic 8J-YgA=="),
        ("no colon", b"Basic " + base64.b64encode(b"nocolon")),
        ("broken UTF-8", b"Basic " + base64.b64encode(b"\xff\xfe:\xff")),
        ("an empty user", b"Basic " + base64.b64encode(b":secret")),
        ("an empty password", b"Basic " + base64.b64encode(b"user:")),
        ("two empty halves", b"Basic " + base64.b64encode(b":")),
        ("a broken escape in the user", b"Basic " + base64.b64encode(b"a%zz:b")),
        ("a broken escape in the password", b"Basic " + base64.b64encode(b"a:b%")),
        ("escaped broken UTF-8", b"Basic " + base64.b64encode(b"a%ff:b")),
        ("nobody we know", b"Basic " + base64.b64encode(b"nobody:secret")),
        ("another scheme", b"Bearer abcdef"),
        ("a digest", b'Digest username="a"'),
        ("an unknown scheme", b"Magic YTpi"),
        ("no scheme", b"YTpi"),
        ("Latin-1", b"Basic \xe9\xe9\xe9\xe9"),
        ("only a word", b"abc"),
    ]
    rows = [Row(f"Basic: {what}", _authorization(value), STRANGER, form) for what, value in plain]
    control = Fault(where="header", name="Authorization")
    nul, newline = base64.b64encode(b"a\0b:c"), base64.b64encode(b"a:c\n")
    length = base64.b64encode(b"a" * 5000 + b":b")
    return [
        *rows,
        Row("Basic: with NUL", _authorization(b"Basic " + nul), control, form),
        Row("Basic: with a newline", _authorization(b"Basic " + newline), control, form),
        Row("Basic: too long", _authorization(b"Basic " + length), control, form),
        Row("Basic: twice", _authorization(b"Basic YTpi", b"Basic YTpi"), control, form),
        Row("Basic: a user of another's name in the body", _contradicted, CLIENT_TWICE, form),
        Row("Basic: and the secret in the body", _both, SECRET_TWICE, form),
        Row("Basic: the secret the wrong way round", _swapped, STRANGER, form),
    ]


CLIENT_TWICE = Fault(where="body", name="client_id", kind="duplicate")
SECRET_TWICE = Fault(where="body", name="client_secret", kind="duplicate")


def _set(name: str, value: bytes | None):
    return done(lambda draft: draft.set(HEADER, name, value))


def _same_again(name: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        [value] = [each.value for each in draft.fields if each.name == name]
        draft.add(HEADER, name, value)

    return change


def _shouted_again(name: str) -> Callable[[Draft], None]:
    return lambda draft: draft.add(HEADER, name.upper(), b"a")


def _moved(name: str, carrier: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        value = next(each.value for each in draft.fields if each.name == name)
        draft.set(HEADER, name, None)
        draft.add(carrier, name, value)

    return change


def _underscored(name: str) -> Callable[[Draft], None]:
    return lambda draft: draft.rename(HEADER, name, f"{name.replace('-', '_')}_")


def _authorization(*values: bytes):
    def change(draft: Draft) -> None:
        draft.fields = [each for each in draft.fields if each.carrier not in (USER, PASSWORD)]
        draft.more_headers += [("Authorization", value) for value in values]

    return done(change)


def _contradicted(draft: Draft, treasury: Treasury) -> None:
    draft.add(FORM, "client_id", treasury.clients["other"].id)


def _both(draft: Draft, treasury: Treasury) -> None:
    draft.add(FORM, "client_secret", treasury.client.secret)


def _swapped(draft: Draft, treasury: Treasury) -> None:
    draft.set(USER, "", treasury.client.secret)
    draft.set(PASSWORD, "", treasury.client.id)
