"""Reads how a dialect answers: successes, refusals, and how a caller tells a failure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from remint.dialect.answerplaces import check_places, fitted, leaf_of
from remint.dialect.dates import read_daily, read_moment_word
from remint.dialect.requestreader import HEADER_NAME, meanings, table_at
from remint.dialect.source import KeyPath, Source
from remint.dialect.table import Table, one_of, shown, unknown
from remint.dialect.vocabulary import (
    ANSWER_CARRIERS,
    ANSWER_MEANINGS,
    BODIES,
    EXTRA_FORMATS,
    KINDS,
    MOMENTS,
    OUTCOMES,
    PLACEHOLDERS,
    REFUSAL_OUTCOMES,
    REFUSAL_STATUSES,
    SPANS,
    AnswerField,
    AnswerForm,
    FailureRule,
    RefusalForm,
    SchemaNaming,
    Since,
)

#: What a rule may ask of a value.
_TESTS = ("present", "equals", "differs", "contains")
_EXPIRIES = ("access_expires_at", "refresh_expires_at")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_RFC6749_BODY = {"error": "{code}", "error_description": "{description}"}
_FAULT_BODY = {"error": "{code}", "request_id": "{request_id}"}


def read_answer(source: Source, places: list[KeyPath]) -> AnswerForm:
    """A success, as the tables at ``places`` say; each adds to what stands in those before it."""
    fields: dict[str, AnswerField] = {}
    naming: dict[tuple[str | int, ...], SchemaNaming] = {}
    form = AnswerForm(at=places[-1], fields=())
    for place in places:
        table = Table(source, place, table_at(source, place), "answer")
        for meaning, at, data in meanings(
            source, (*place, "fields"), ANSWER_MEANINGS, "meaning of an answer"
        ):
            fields[meaning] = _field(source, at, data, meaning)
        naming |= _naming(table, tuple(fields.values()))
        status, *others = _successes(table) or (form.status, *form.also_statuses)
        form = replace(
            form,
            status=status,
            also_statuses=tuple(others),
            description=table.text("description", form.description) or "",
            prefix=table.text("prefix", form.prefix or None) or "",
            body=table.choice("body", form.body, BODIES) or "",
            extends=table.flag("extends", form.extends),
        )
    form = replace(form, fields=tuple(fields.values()), naming=naming)
    check_places(source, form.fields)
    return fitted(source, form)


def _successes(table: Table) -> tuple[int, ...]:
    statuses = table.statuses("status")
    if not all(200 <= each <= 299 for each in statuses):
        raise table.wrong("status", f"{shown(table.data['status'])} is no success")
    return statuses


def _field(source: Source, at: KeyPath, data: Any, meaning: str) -> AnswerField:
    table = Table(source, at, data, "answer field")
    formats = ANSWER_MEANINGS.get(meaning, EXTRA_FORMATS)
    value = table.data.get("value")
    if value is not None and not isinstance(value, str | int):
        raise table.wrong("value", f"{shown(value)} is no string, whole number, true or false")
    name = table.place("name")
    carrier = table.choice("in", "body", ANSWER_CARRIERS) or ""
    daily = _daily(table, meaning)
    if value is not None and not name and meaning.startswith("extras."):
        raise table.wrong("value", "an extra that does not travel says nothing", "a name as well")
    format_ = _format(table, "format", formats)
    if format_ == "jwt" and (name or value is not None):
        raise table.wrong("format", "the token itself says it", "no name and no value")
    usual = (meaning.removeprefix("extras."),)
    _check_carrier(table, carrier, name or usual)
    return AnswerField(
        meaning=meaning,
        at=at,
        name=name or (() if value is not None or format_ == "jwt" or daily is not None else usual),
        format=format_,
        required=table.flag("required", True),
        missed=_missed(table, meaning),
        value=value,
        also=table.choices("also", [each for each in formats if each != "jwt"]),
        since=_since(table, meaning),
        carrier=carrier,
        prefix=table.text("prefix") or "",
        default=_default(table),
        daily=daily,
        title=table.text("title"),
        description=table.text("description"),
        example=table.data.get("example"),
    )


def _format(table: Table, key: str, formats: tuple[str, ...]) -> str:
    if "iso8601" in formats:
        zoned = "daily" in table
        return read_moment_word(table, key, formats[0], formats, zoned=zoned) or ""
    if "zone" in table:
        raise table.wrong("zone", "nothing here is told in a zone", "a moment")
    return table.choice(key, formats[0], formats) or ""


def _daily(table: Table, meaning: str) -> int | None:
    second = read_daily(table)
    if second is None:
        return None
    if not meaning.endswith("_expires_at"):
        raise table.wrong("daily", f"{meaning} is no moment", one_of(_EXPIRIES))
    if {"name", "format", "value", "in"} & set(table.data):
        raise table.wrong("daily", "the clock says it, and not the answer", "daily and zone alone")
    return second


def _default(table: Table) -> str | int | None:
    value = table.data.get("default")
    if value is None:
        return None
    if not isinstance(value, str | int):
        raise table.wrong("default", f"{shown(value)} is no string, whole number, true or false")
    if table.flag("required", True) or "value" in table:
        raise table.wrong("default", "it is never missing", "required = false as well")
    return value


def _check_carrier(table: Table, carrier: str, name: tuple[str | int, ...]) -> None:
    """Refuses what neither a header nor a cookie can be."""
    if "prefix" in table and carrier != "header":
        raise table.wrong("prefix", "only a header has one", 'in = "header"')
    if carrier == "body":
        return
    for key in ("value", "since", "also"):
        if key in table:
            raise table.wrong(key, f"has no place in a {carrier}", 'in = "body"')
    if carrier == "header" and (len(name) > 1 or not HEADER_NAME.fullmatch(str(name[0]))):
        raise table.wrong("name", f"{shown(name[0])} cannot name a header", "an HTTP field name")
    if len(name) > 2 or int in map(type, name):
        raise table.wrong(
            "name", f"{shown(list(name))} leads nowhere", 'a cookie, or ["cookie", "Max-Age"]'
        )


def _missed(table: Table, meaning: str) -> bool:
    missed = table.flag("missed", True)
    if not missed and meaning == "access_token":
        raise table.wrong("missed", "there is no answer without a token", "true")
    if not missed and not table.flag("required", True):
        raise table.wrong("missed", "what need not be there is not missed", "required, or neither")
    return missed


def _since(table: Table, meaning: str) -> Since | None:
    if "since" not in table:
        return None
    if meaning not in SPANS:
        raise table.wrong("since", f"{meaning} is not counted from anywhere", one_of(SPANS))
    inner = table.inner("since", "since")
    name = inner.place("name")
    if not name:
        raise inner.absent("name")
    return Since(name, read_moment_word(inner, "format", "iso8601", MOMENTS) or "")


def _naming(
    table: Table, fields: tuple[AnswerField, ...]
) -> dict[tuple[str | int, ...], SchemaNaming]:
    names = [leaf_of(field.name) for field in fields if field.carrier == "body"]
    objects = {name[:length] for name in names for length in range(len(name))}
    found: dict[tuple[str | int, ...], SchemaNaming] = {}
    for key, data in table.pairs("objects").items():
        at = (*table.path, "objects", key)
        place = () if key == "$" else tuple(key.split("."))
        if place not in objects:
            known = ["$" if not each else ".".join(each) for each in sorted(objects)]
            raise unknown(table.source, at, key, known, "object of this answer")
        inner = Table(table.source, at, data, "object")
        found[place] = SchemaNaming(
            inner.schema_name("schema"), inner.text("title"), inner.text("property_title")
        )
    return found


def read_refusals(table: Table) -> dict[str, RefusalForm]:
    """How every refusal code is written: as the file says, and as RFC 6749 §5.2 does where it does not."""
    general = table.data.get("body")
    codes = table.pairs("codes")
    for code in codes:
        if code not in REFUSAL_STATUSES:
            at = (*table.path, "codes", code)
            raise unknown(table.source, at, code, REFUSAL_STATUSES, "refusal code")
    found = {}
    for code in REFUSAL_STATUSES:
        fallback = general or (_FAULT_BODY if code == "server_error" else _RFC6749_BODY)
        path = (*table.path, "codes", code)
        found[code] = _refusal(
            Table(table.source, path, codes.get(code, {}), "refusal code"), code, fallback
        )
    if general is not None:
        _check_template(table.source, (*table.path, "body"), general)
    return found


def _refusal(table: Table, code: str, fallback: Any) -> RefusalForm:
    body = table.data.get("body", fallback)
    if "body" in table:
        _check_template(table.source, (*table.path, "body"), body)
    descriptions = table.strings("descriptions")
    for kind in descriptions:
        if kind not in KINDS:
            raise unknown(
                table.source, (*table.path, "descriptions", kind), kind, KINDS, "kind of refusal"
            )
    return RefusalForm(
        code=code,
        at=table.path,
        status=table.whole("status", REFUSAL_STATUSES[code], 200, 599) or 0,
        body=body,
        outcome=table.choice("outcome", REFUSAL_OUTCOMES.get(code), OUTCOMES) or "",
        description=table.text("description"),
        descriptions=descriptions,
        headers=table.strings("headers"),
        summary=table.text("summary"),
        schema=table.schema_name("schema"),
    )


def read_kinds(table: Table) -> dict[str, str]:
    """The dialect's own words for what is wrong with a parameter."""
    words = table.strings("kinds")
    for kind in words:
        if kind not in KINDS:
            raise unknown(
                table.source, (*table.path, "kinds", kind), kind, KINDS, "kind of refusal"
            )
    return {kind: words.get(kind, kind) for kind in KINDS}


def _check_template(source: Source, path: KeyPath, template: Any) -> None:
    """Refuses a template whose top is no object, or that has a placeholder nobody fills."""
    if not isinstance(template, dict):
        raise source.error(path, f"{shown(template)} is not a table", expected="a template of JSON")
    _check_placeholders(source, path, template)


def _check_placeholders(source: Source, path: KeyPath, template: Any) -> None:
    if isinstance(template, dict):
        for key, value in template.items():
            _check_placeholders(source, (*path, key), value)
    elif isinstance(template, list):
        for index, value in enumerate(template):
            _check_placeholders(source, (*path, index), value)
    elif isinstance(template, str):
        for name in _PLACEHOLDER.findall(template):
            if name not in PLACEHOLDERS:
                raise unknown(source, path, name, PLACEHOLDERS, "placeholder")


def read_failure(table: Table) -> FailureRule:
    """One rule by which a caller recognises a failure."""
    code = table.choice("code", None, REFUSAL_STATUSES)
    if code is None:
        _check_rule(table)
        raise table.absent("code")
    outcome = table.choice("outcome", REFUSAL_OUTCOMES.get(code), OUTCOMES) or ""
    return read_rule(table, code, outcome)


def read_rule(table: Table, code: str, outcome: str) -> FailureRule:
    """What ``table`` looks for in an answer, and what it then comes to."""
    _check_rule(table)
    return FailureRule(
        at=table.path,
        code=code,
        outcome=outcome,
        status=table.statuses("status"),
        path=table.place("path"),
        present=table.flag("present", True) if "present" in table else None,
        equals=_values(table, "equals"),
        differs=_values(table, "differs"),
        contains=table.words("contains"),
        header=_header(table),
        description=table.place("description"),
    )


def _check_rule(table: Table) -> None:
    """Refuses a rule that tests nothing."""
    tests = [key for key in _TESTS if key in table]
    place = table.place("path") or _header(table)
    if tests and not place:
        raise table.wrong(tests[0], "there is nothing to test", "a path as well")
    if not table.statuses("status") and not tests:
        raise table.source.error(
            table.path,
            "recognises nothing",
            expected=f"status, or path with {one_of(_TESTS)}",
        )
    if place and not tests:
        key = "path" if "path" in table else "header"
        raise table.wrong(key, "nothing is tested there", one_of(_TESTS))


def _header(table: Table) -> str:
    """The key ``header``, which only a failure has."""
    name = table.data.get("header")
    if name is None:
        return ""
    if not isinstance(name, str) or not HEADER_NAME.fullmatch(name):
        raise table.wrong("header", f"{shown(name)} cannot name a header")
    if "path" in table:
        raise table.wrong("header", "the rule looks at one place", "a path or a header")
    return name.lower()


def _values(table: Table, key: str) -> tuple[Any, ...]:
    if key not in table:
        return ()
    value = table.data[key]
    return tuple(value) if isinstance(value, list) else (value,)
