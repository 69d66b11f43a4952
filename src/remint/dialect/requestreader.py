"""Reads the request half of a call: the fields, and whether they can travel together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from remint.dialect.constants import read_constant, type_of
from remint.dialect.generatedreader import check_generated, read_generated
from remint.dialect.inputs import SECRETS
from remint.dialect.source import KeyPath, Source
from remint.dialect.table import Table, one_of, shown, unknown
from remint.dialect.vocabulary import (
    BASIC_CARRIERS,
    CARRIERS,
    DEFAULT_MAX_LENGTH,
    REFUSAL_STATUSES,
    REQUEST_MEANINGS,
    REQUEST_TYPES,
    TIMES,
    RequestField,
)

#: What is made of other fields.
_DERIVED = ("copy", "signature", "assertion")
#: What may name a header (RFC 9110 §5.1).
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CREDENTIAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_EXTRA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def read_request(
    source: Source, shared: KeyPath, own: KeyPath, grant: str, path: str
) -> tuple[RequestField, ...]:
    """The fields of one call: the shared ones, each of which the call's own may replace."""
    fields: dict[str, RequestField] = {}
    for place in (shared, own):
        for meaning, at, data in meanings(source, place, REQUEST_MEANINGS, "meaning of a request"):
            fields[meaning] = _field(source, at, data, meaning, grant)
    ordered = sorted(fields.values(), key=lambda each: each.meaning != "grant_type")
    _check_together(source, ordered, path, own)
    check_generated(source, ordered)
    return tuple(ordered)


def meanings(
    source: Source, place: KeyPath, known: Iterable[str], what: str
) -> Iterable[tuple[str, KeyPath, Any]]:
    """Each meaning of a table of fields, with its path and its data; ``extras.NAME`` for the extras."""
    for meaning, data in table_at(source, place).items():
        if meaning == "extras":
            if not isinstance(data, dict):
                raise source.error(
                    (*place, meaning), "is not a table", expected="extras.NAME = {…}"
                )
            for name, inner in data.items():
                if not _EXTRA_NAME.fullmatch(name):
                    raise source.error(
                        (*place, meaning, name),
                        f"{name!r} cannot name an extra",
                        expected="letters, digits and underscores",
                    )
                yield f"extras.{name}", (*place, meaning, name), inner
        elif meaning in known:
            yield meaning, (*place, meaning), data
        else:
            raise unknown(source, (*place, meaning), meaning, (*known, "extras"), what)


def table_at(source: Source, place: KeyPath) -> dict[str, Any]:
    """The table at ``place``, empty where there is none."""
    table = source.data
    for length, key in enumerate(place, start=1):
        inner = table.get(str(key), {})
        if not isinstance(inner, dict):
            raise source.error(place[:length], f"{shown(inner)} is not a table", expected="a table")
        table = inner
    return table


def _field(source: Source, at: KeyPath, data: Any, meaning: str, grant: str) -> RequestField:
    table = Table(source, at, data, "request field")
    carriers = table.choices("in", CARRIERS)
    if not carriers:
        raise table.absent("in")
    generated = read_generated(table)
    natural = "positive" if generated.generate in TIMES[:2] else type_of(table.data.get("value"))
    types = dict.fromkeys((*REQUEST_TYPES, natural))
    type_ = table.choice("type", REQUEST_MEANINGS.get(meaning, natural), types) or ""
    usual = (meaning.removeprefix("extras."),)
    names = _names(table, carriers, usual)
    field = RequestField(
        meaning=meaning,
        at=at,
        carriers=carriers,
        name=names.get(carriers[0]) or table.member("name") or usual,
        names=names,
        type=type_,
        required=table.flag("required", True),
        value=read_constant(table, type_, carriers, grant if meaning == "grant_type" else None),
        generate=generated.generate,
        of=generated.of,
        ahead_seconds=generated.ahead_seconds,
        length=generated.length,
        signature=generated.signature,
        assertion=generated.assertion,
        check=table.flag("check", True),
        escaped=table.flag("escaped", False),
        repeats=table.flag("repeats", False),
        secret=table.flag("secret", meaning in SECRETS),
        min_length=table.whole("min_length", 1, 1) or 1,
        max_length=table.whole("max_length", DEFAULT_MAX_LENGTH, 1, 65_536) or 1,
        missing=table.text("missing"),
        refuse=table.choice("refuse", "invalid_request", REFUSAL_STATUSES) or "",
        unfit=table.choice("unfit", "invalid_request", REFUSAL_STATUSES) or "",
        credential=table.text("credential") or meaning.removeprefix("extras."),
        title=table.text("title"),
        description=table.text("description"),
        example=table.data.get("example"),
    )
    _check_alone(table, field)
    return field


def _names(
    table: Table, carriers: tuple[str, ...], usual: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """The name in each carrier, where ``name`` is a table; empty where it is one for all."""
    if not isinstance(table.data.get("name"), dict):
        return {}
    found = {}
    for carrier, name in table.data["name"].items():
        at = (*table.path, "name", carrier)
        if carrier not in carriers:
            raise unknown(table.source, at, carrier, carriers, "carrier of this field")
        found[carrier] = table.steps(at, name)
    return {carrier: found.get(carrier, usual) for carrier in carriers}


def _check_alone(table: Table, field: RequestField) -> None:
    """Refuses a field that contradicts itself."""
    meant = REQUEST_MEANINGS.get(field.meaning)
    if meant is not None and (meant == "string") != (field.type == "string"):
        raise table.wrong("type", f"{field.meaning} cannot travel as {field.type!r}", f"{meant!r}")
    check_secret(table, field.meaning, field.secret, field.value)
    if field.min_length > field.max_length:
        raise table.wrong("min_length", "is greater than max_length", "at most max_length")
    if field.value is not None and field.generate is not None:
        raise table.wrong("generate", "a constant is not generated", "either value or generate")
    for carrier in field.carriers:
        _check_in(table, field, carrier)
    if "nowhere" in field.carriers and len(field.carriers) > 1:
        raise table.wrong("in", "what goes nowhere goes nowhere else", '"nowhere" alone')
    if "nowhere" in field.carriers and (field.value is not None or field.generate in _DERIVED):
        raise table.wrong("in", "what goes nowhere is given, or a time or a nonce", "a carrier")
    if not _CREDENTIAL.fullmatch(field.credential) and "credential" in table:
        raise table.wrong("credential", f"{field.credential!r} cannot name a credential")
    if field.repeats and len(field.carriers) == 1:
        raise table.wrong("repeats", "there is only one carrier", "two carriers or more")
    if field.escaped and not BASIC_CARRIERS & set(field.carriers):
        raise table.wrong("escaped", "only what is in Basic is escaped", one_of(BASIC_CARRIERS))
    if field.type != "string" and {"bearer", *BASIC_CARRIERS} & set(field.carriers):
        raise table.wrong("type", "Authorization carries strings", '"string"')


def _check_in(table: Table, field: RequestField, carrier: str) -> None:
    """Refuses what ``carrier`` cannot take."""
    name = field.name_in(carrier)
    if len(name) > 1 and carrier != "json":
        raise table.wrong("name", "only JSON nests", 'one string, or in = "json"')
    if carrier == "header" and not HEADER_NAME.fullmatch(name[0]):
        raise table.wrong("name", f"{name[0]!r} cannot name a header", "an HTTP field name")
    if carrier in ("header", "cookie"):
        check_header_text(table, "value", field.value)


def check_header_text(table: Table, key: str, value: Any) -> None:
    """Refuses a constant that no header can carry (RFC 9110 §5.5)."""
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        raise table.wrong(key, "cannot stand in a header", "printable ASCII")


def check_secret(table: Table, meaning: str, secret: bool, value: Any) -> None:
    """Refuses to show what is always a secret, and to keep secret what stands in the file."""
    if meaning in SECRETS and not secret:
        raise table.wrong("secret", f"{meaning} is never anything else", "true")
    if "secret" in table and secret and value is not None:
        raise table.wrong("secret", "what stands in this file is no secret", "no value, or false")


def _check_together(source: Source, fields: list[RequestField], path: str, own: KeyPath) -> None:
    """Refuses fields that want the same place, and placeholders that nothing fills."""
    taken: dict[tuple[str, ...], RequestField] = {}
    for field in fields:
        for carrier in field.carriers:
            name = field.name_in(carrier)
            if carrier == "header":
                name = (name[0].lower(),)
            place = (carrier,) if carrier in BASIC_CARRIERS | {"bearer"} else (carrier, *name)
            for length in range(2 if carrier == "json" else len(place), len(place) + 1):
                other = taken.get(place[:length])
                if other is not None:
                    raise source.error(
                        field.at,
                        f"travels where {other.meaning} travels already",
                        expected="a place of its own",
                    )
            taken[place] = field
    placeholders = set(re.findall(r"\{([^{}]*)\}", path))
    named = {field.name_in("path")[0] for field in fields if "path" in field.carriers}
    for missing in sorted(placeholders ^ named):
        raise source.error(
            own[:-1],
            f"the path and the fields disagree about {{{missing}}}",
            expected="a placeholder in the path for each field in it, and the other way round",
        )
