"""Where the browser goes first: the authorization request (RFC 6749 §4.1.1), and the names in its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from remint.dialect.baseurl import filled, placeholders
from remint.dialect.inputs import Input, input_of
from remint.dialect.requestencoder import needs
from remint.dialect.requestreader import meanings
from remint.dialect.table import Table
from remint.dialect.use import given
from remint.dialect.vocabulary import Meant

#: How a code is bound to who asked for it (RFC 7636 §4.2).
PKCE = ("S256", "none")
#: Parameters of an authorization request, each with its constant, if it is one.
AUTHORIZE_MEANINGS = {
    "response_type": "code",
    "client_id": None,
    "redirect_uri": None,
    "scope": None,
    "state": None,
    "code_challenge": None,
    "code_challenge_method": "S256",
}
_OF_PKCE = ("code_challenge", "code_challenge_method")
# RFC 6749 leaves out no more than these; without a state or a challenge, anybody could slip in a code.
_OPTIONAL = ("redirect_uri", "scope")

_NO_ADDRESS = re.compile(r"[ #{}@]")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)+")


@dataclass(frozen=True)
class AuthorizeField(Meant):
    """One parameter of the request."""

    name: str
    value: str | None = None  #: a constant
    required: bool = True
    send: bool = True
    title: str | None = None
    secret: bool = False
    type: str = "string"


@dataclass(frozen=True)
class Redirect:
    """The parameters with which the browser comes back, as this API calls them (RFC 6749 §4.1.2)."""

    code: str = "code"
    state: str = "state"
    error: str = "error"
    error_description: str = "error_description"


@dataclass(frozen=True)
class Authorize:
    """The table ``[authorize]``."""

    path: str  #: under the base URL; empty where ``absolute`` is given
    absolute: str  #: perhaps with placeholders, that extras fill
    pkce: Literal["S256", "none"]
    answer: Redirect
    inputs: tuple[Input, ...]  #: the client and extras: what a person knows
    scope_separator: str
    request: tuple[AuthorizeField, ...] = field(repr=False)

    def url(
        self,
        *,
        base_url: str = "",
        client_id: str,
        redirect_uri: str | None = None,
        scope: str | None = None,
        state: str | None = None,
        code_challenge: str | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> str:
        """Where to send the browser. ``scope`` is separated by spaces, whatever the API wants.

        Extras that the file does not know stay at home. Raises ``ConfigurationError`` for what is lacking.
        """
        values: dict[str, Any] = {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": self.scope_separator.join(scope.split()) if scope else None,
            "state": state,
            "code_challenge": code_challenge,
            **{f"extras.{name}": value for name, value in (extras or {}).items()},
        }
        query = []
        for each in self.request:
            value = given(values, each.meaning) if each.value is None else each.value
            if value:
                query.append(f"{quote(each.name, safe='')}={quote(value, safe='')}")
            elif each.required:
                raise needs(each.meaning)
        place = filled(self.absolute, extras or {}) or base_url.rstrip("/") + self.path
        return f"{place}{'&' if '?' in place else '?'}{'&'.join(query)}"


def read_authorize(table: Table) -> Authorize:
    """The table ``[authorize]``. Raises ``DialectError``."""
    path, absolute = table.text("path") or "", table.text("url") or ""
    if path and absolute:
        raise table.wrong("url", "there is a path already", "either path or url")
    if not path and not absolute:
        raise table.absent("path")
    if path and not _PATH.fullmatch(path):
        raise table.wrong("path", f"{path!r} is no path")
    if absolute and not _is_address(absolute):
        raise table.wrong("url", f"{absolute!r} is nowhere that a browser could go")
    pkce = table.choice("pkce", "S256", PKCE)
    request = _request(table, pkce == "S256")
    names = table.inner("answer", "redirect")
    known = ("client_id", "extras")
    return Authorize(
        path=path,
        absolute=absolute,
        pkce="S256" if pkce == "S256" else "none",
        answer=Redirect(**{key: names.needed_text(key) for key in names.data}),
        inputs=tuple(
            input_of(each)
            for each in (*request, *_in_address(absolute, request))
            if each.value is None and each.meaning.partition(".")[0] in known
        ),
        scope_separator=table.string("scope_separator", " "),
        request=request,
    )


def _in_address(absolute: str, request: tuple[AuthorizeField, ...]) -> list[AuthorizeField]:
    """What fills the placeholders of the address and does not travel besides."""
    travels = {each.extra for each in request}
    return [
        AuthorizeField(f"extras.{name}", name)
        for name in placeholders(absolute)
        if name not in travels
    ]


def _is_address(url: str) -> bool:
    url = filled(url, dict.fromkeys(placeholders(url), "x"))
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not _NO_ADDRESS.search(url)
    return plain and parts.scheme in ("https", "http") and bool(parts.hostname)


def _request(table: Table, pkce: bool) -> tuple[AuthorizeField, ...]:
    fields = {
        meaning: AuthorizeField(meaning, meaning, value, meaning not in _OPTIONAL)
        for meaning, value in AUTHORIZE_MEANINGS.items()
        if pkce or meaning not in _OF_PKCE
    }
    table.pairs("request")
    place = (*table.path, "request")
    for meaning, at, data in meanings(
        table.source, place, AUTHORIZE_MEANINGS, "meaning of an authorization request"
    ):
        inner = Table(table.source, at, data, "authorize field")
        if not pkce and meaning in _OF_PKCE:
            raise table.source.error(at, "belongs to PKCE, and there is none", expected="S256")
        fields[meaning] = _field(inner, meaning)
    sent = tuple(each for each in fields.values() if each.send)
    _check_names(table, sent)
    return sent


def _field(table: Table, meaning: str) -> AuthorizeField:
    send = table.flag("send", True)
    others = [key for key in table.data if key != "send"]
    if not send and others:
        raise table.wrong(others[0], "is of no use where nothing is sent", "send = false alone")
    return AuthorizeField(
        meaning=meaning,
        name=table.text("name") or meaning.removeprefix("extras."),
        value=table.text("value", AUTHORIZE_MEANINGS.get(meaning)),
        required=table.flag("required", meaning not in _OPTIONAL),
        send=send,
        title=table.text("title"),
    )


def _check_names(table: Table, fields: tuple[AuthorizeField, ...]) -> None:
    taken: dict[str, AuthorizeField] = {}
    for each in fields:
        other = taken.setdefault(each.name, each)
        if other is not each:
            raise table.source.error(
                (*table.path, "request", *each.meaning.split(".")),
                f"travels where {other.meaning} travels already",
                expected="a name of its own",
            )
