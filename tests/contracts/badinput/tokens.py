"""Rows for the values themselves: refresh tokens and credentials that read well and are worth nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable

from remint.token.refresh import PREFIX
from tests.contracts.badinput.draft import Draft
from tests.contracts.badinput.fault import DEAD, OTHER_GRANT, STRANGER, Fault
from tests.contracts.badinput.row import Row
from tests.contracts.badinput.treasury import Treasury

# version 1 │ key id 4 │ grant id 16 │ generation 4 │ absolute expiry 5 │ inner MAC 16 │ outer MAC 8
_VERSION, _KEY, _GRANT, _GENERATION, _EXPIRY, _INNER, _OUTER = 0, 4, 5, 24, 29, 30, 46

Spoil = Callable[[str], str]


def _flipped(place: int) -> Spoil:
    """The token with one bit of that byte changed."""

    def spoil(token: str) -> str:
        raw = bytearray(base64.urlsafe_b64decode(token.removeprefix(PREFIX)))
        raw[place] ^= 1
        return PREFIX + base64.urlsafe_b64encode(raw).decode()

    return spoil


_SPOILED: list[tuple[str, Spoil]] = [
    ("another version", _flipped(_VERSION)),
    ("another key", _flipped(_KEY)),
    ("another grant", _flipped(_GRANT)),
    ("the next generation", _flipped(_GENERATION)),
    ("another expiry", _flipped(_EXPIRY)),
    ("an inner MAC with a bit flipped", _flipped(_INNER)),
    ("an outer MAC with a bit flipped", _flipped(_OUTER)),
    ("its last bit flipped", _flipped(53)),
    ("a character short", lambda token: token[:-1]),
    ("four characters short", lambda token: token[:-4]),
    ("a character long", lambda token: token + "A"),
    ("four characters long", lambda token: token + "AAAA"),
    ("padded", lambda token: token + "="),
    ("padded twice", lambda token: token + "=="),
    ("padding for its end", lambda token: token[:-2] + "=="),
    ("only its prefix", lambda _: PREFIX),
    ("without its prefix", lambda token: token.removeprefix(PREFIX)),
    ("its prefix twice", lambda token: PREFIX + token),
    ("its prefix in capitals", lambda token: token.replace(PREFIX, PREFIX.upper())),
    ("a client secret's prefix", lambda token: token.replace("_rt_", "_cs_")),
    ("all capitals", lambda token: token.upper()),
    ("backwards", lambda token: token[::-1]),
    ("a blank in front", lambda token: " " + token),
    ("a blank behind", lambda token: token + " "),
    ("a blank inside", lambda token: token[:40] + " " + token[41:]),
    ("quoted", lambda token: f'"{token}"'),
    ("with a plus sign", lambda token: token[:40] + "+" + token[41:]),
    ("with a slash", lambda token: token[:40] + "/" + token[41:]),
    ("with a dot", lambda token: token[:40] + "." + token[41:]),
    ("an umlaut, the right length", lambda token: token[:-1] + "ä"),
    ("full-width letters, the right length", lambda token: token[:-2] + "ＡＡ"),
    ("an emoji, the right length", lambda token: token[:-1] + "😀"),
    ("all zeros", lambda token: PREFIX + "0" * (len(token) - len(PREFIX))),
    ("all A", lambda token: PREFIX + "A" * (len(token) - len(PREFIX))),
    ("a JWT", lambda _: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."),
    ("a UUID", lambda _: "6f1cbd9e-58c4-4cf1-a1b5-0a4ff5b1a2c3"),
    ("one character", lambda _: "x"),
    ("4096 characters", lambda _: "x" * 4096),
    ("SQL", lambda _: "' OR '1'='1' --"),
    ("a path", lambda _: "../../../etc/passwd"),
    ("a template", lambda _: "{{7*7}}${7*7}%(x)s"),
    ("null", lambda _: "null"),
    ("undefined", lambda _: "undefined"),
]
_HELD = ("expired", "idle", "revoked", "another client's", "another installation's")

_OTHER_GRANTS = [
    "authorization_code",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "Refresh_Token",
    "REFRESH_TOKEN",
    "refresh-token",
    "refreshToken",
    "refresh_token2",
    "implicit",
    "null",
]


def token_rows(form: str) -> list[Row]:
    """Refresh tokens that renew nothing, for whatever reason: one answer for all of them."""
    rows = [Row(f"token: {what}", _spoiled(spoil), DEAD, form) for what, spoil in _SPOILED]
    return rows + [Row(f"token: {what}", _held(what), DEAD, form) for what in _HELD]


def grant_type_rows(form: str, *more: str) -> list[Row]:
    """Grant types that are not offered."""
    return [
        Row(f"grant type: {value}", _put("grant_type", value), OTHER_GRANT, form)
        for value in (*_OTHER_GRANTS, *more)
    ]


def client_rows(form: str) -> list[Row]:
    """Clients that show the wrong secret, or are none."""
    changes: list[tuple[str, str, Callable[[Treasury], object]]] = [
        ("id: unknown", "client_id", lambda _: "nobody"),
        ("id: another's", "client_id", lambda t: t.clients["other"].id),
        ("id: in capitals", "client_id", lambda t: t.client.id.upper() + "x"),
        ("id: with a blank", "client_id", lambda t: t.client.id + " "),
        ("id: not ASCII", "client_id", lambda _: "ädä"),
        ("id: SQL", "client_id", lambda t: f"{t.client.id}' --"),
        ("id: a wildcard", "client_id", lambda _: "%"),
        ("secret: wrong", "client_secret", lambda _: "wrong"),
        ("secret: another's", "client_secret", lambda t: t.clients["other"].secret),
        ("secret: a character short", "client_secret", lambda t: t.client.secret[:-1]),
        ("secret: a character long", "client_secret", lambda t: t.client.secret + "A"),
        ("secret: in small letters", "client_secret", lambda t: t.client.secret.lower()),
        ("secret: not ASCII", "client_secret", lambda t: t.client.secret[:-1] + "ä"),
        ("secret: the refresh token", "client_secret", lambda t: t.refresh_token),
        ("secret: the client id", "client_secret", lambda t: t.client.id),
    ]
    rows = [
        Row(f"client {what}", _lent(meaning, value), STRANGER, form)
        for what, meaning, value in changes
    ]
    return [
        *rows,
        Row("client: disabled", _as_client("disabled"), STRANGER, form),
        Row("client: with an expired secret", _as_client("expired"), STRANGER, form),
        Row("client: of another installation", _as_client("abroad"), STRANGER, form),
    ]


def value_row(name: str, meaning: str, value: object, fault: Fault, form: str = "renewal") -> Row:
    """One meaning with one value."""
    return Row(name, _put(meaning, value), fault, form)


def lent_row(
    name: str,
    meaning: str,
    value: Callable[[Treasury], object],
    fault: Fault,
    form: str = "renewal",
) -> Row:
    """One meaning with a value of the treasury's."""
    return Row(name, _lent(meaning, value), fault, form)


def _put(meaning: str, value: object):
    def change(draft: Draft, _treasury: Treasury) -> None:
        draft.put(meaning, value)

    return change


def _lent(meaning: str, value: Callable[[Treasury], object]):
    def change(draft: Draft, treasury: Treasury) -> None:
        draft.put(meaning, value(treasury))

    return change


def _spoiled(spoil: Spoil):
    return _lent("refresh_token", lambda treasury: spoil(treasury.refresh_token))


def _held(what: str):
    return _lent("refresh_token", lambda treasury: treasury.tokens[what])


def _as_client(which: str):
    def change(draft: Draft, treasury: Treasury) -> None:
        draft.put("client_id", treasury.clients[which].id)
        draft.put("client_secret", treasury.clients[which].secret)

    return change
