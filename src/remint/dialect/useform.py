"""Reads the table ``[use]``: what a request to the API carries, and what in its answer means "expired"."""

from __future__ import annotations

from dataclasses import dataclass

from remint.dialect.answerreader import read_rule
from remint.dialect.inputs import SECRETS
from remint.dialect.requestreader import HEADER_NAME, check_header_text, check_secret, meanings
from remint.dialect.source import KeyPath
from remint.dialect.table import Table
from remint.dialect.template import Template, check_template, read_template
from remint.dialect.vocabulary import REQUEST_MEANINGS, FailureRule, Meant

#: What may be shown to an API beside the token; and extras.
USE_MEANINGS = ("access_token", "client_id", "client_secret", "client_number", "api_key")
#: Where it may travel.
USE_CARRIERS = ("header", "bearer", "query", "cookie", "nowhere")


@dataclass(frozen=True)
class UseField(Meant):
    """One thing that is shown to the API."""

    at: KeyPath
    carrier: str
    name: str
    prefix: str = ""  #: before the value, in a header
    value: Template | None = None  #: a constant, or made of other fields
    required: bool = True
    secret: bool = False
    title: str | None = None

    @property
    def type(self) -> str:
        """Its type as a field of a request."""
        return REQUEST_MEANINGS.get(self.meaning, "string")

    @property
    def header(self) -> str:
        """The header in which it travels; empty if that is none."""
        known = {"header": self.name, "bearer": "Authorization", "cookie": "Cookie"}
        return known.get(self.carrier, "")


@dataclass(frozen=True)
class UseForm:
    """The whole table."""

    request: tuple[UseField, ...]
    expired: tuple[FailureRule, ...]


_BEARER = UseField("access_token", ("use",), "bearer", "access_token", secret=True)


def read_use(table: Table) -> UseForm:
    """The table ``[use]``; without one, RFC 6750's Bearer, and 401 for an expired token."""
    fields = {_BEARER.meaning: _BEARER}
    place = (*table.path, "request")
    table.pairs("request")
    for meaning, at, data in meanings(table.source, place, USE_MEANINGS, "meaning of a use"):
        fields[meaning] = _field(Table(table.source, at, data, "use field"), meaning)
    _check_together(table, tuple(fields.values()))
    given = [each.meaning for each in fields.values() if each.value is None]
    for each in fields.values():
        if each.value is not None:
            check_template(
                table.source, each.value, {*given, "access_token"}, "field of this table"
            )
    return UseForm(tuple(fields.values()), _expired(table))


def _field(table: Table, meaning: str) -> UseField:
    carrier = table.choice("in", "bearer" if meaning == "access_token" else None, USE_CARRIERS)
    if carrier is None:
        raise table.absent("in")
    is_token = meaning == "access_token"
    field = UseField(
        meaning=meaning,
        at=table.path,
        carrier=carrier,
        name=table.text("name") or meaning.removeprefix("extras."),
        prefix=table.text("prefix") or "",
        value=read_template(table, "value"),
        required=table.flag("required", True),
        secret=table.flag("secret", meaning in SECRETS),
        title=table.text("title"),
    )
    shows_token = field.value is None or "access_token" in field.value.names
    if field.header and not HEADER_NAME.fullmatch(field.name):
        raise table.wrong("name", f"{field.name!r} cannot name a header", "an HTTP field name")
    if field.prefix and carrier != "header":
        raise table.wrong("prefix", "only a header has one", 'in = "header"')
    check_header_text(table, "prefix", field.prefix)
    if field.value is not None and carrier != "query":
        for words in field.value.pieces[::2]:
            check_header_text(table, "value", words)
    if carrier == "nowhere" and field.value is not None:
        raise table.wrong("value", "goes nowhere", "a carrier, or no value")
    if is_token and (not shows_token or not field.required or carrier == "nowhere"):
        key = "value" if not shows_token else "in" if carrier == "nowhere" else "required"
        raise table.wrong(
            key,
            "the access token is always shown, and never the same",
            "{access_token} in the value",
        )
    check_secret(table, meaning, field.secret, None if is_token else field.value)
    return field


def _check_together(table: Table, fields: tuple[UseField, ...]) -> None:
    taken: dict[tuple[str, str], UseField] = {}
    for field in fields:
        if field.carrier == "nowhere":
            continue
        place = (field.carrier, field.name)
        if field.carrier in ("header", "bearer"):
            place = ("header", field.header.lower())
        other = taken.setdefault(place, field)
        if other is not field:
            raise table.source.error(
                field.at,
                f"travels where {other.meaning} travels already",
                expected="a place of its own",
            )


def _expired(table: Table) -> tuple[FailureRule, ...]:
    rules = tuple(
        read_rule(each, "invalid_grant", "") for each in table.each("expired", "sign of expiry")
    )
    for rule in rules:
        if not rule.path and any(200 <= status <= 299 for status in rule.status):
            raise table.source.error(
                (*rule.at, "status"),
                "would take every success for an expired token",
                expected="a status that says no, or a path as well",
            )
    return rules or (FailureRule(table.path, "invalid_grant", "", status=(401,)),)
