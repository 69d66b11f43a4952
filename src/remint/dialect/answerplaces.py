"""Whether the fields of an answer can stand together in the body that they are to stand in."""

from __future__ import annotations

from dataclasses import replace

from remint.dialect.dates import is_pattern
from remint.dialect.source import Source
from remint.dialect.table import one_of
from remint.dialect.vocabulary import AnswerField, AnswerForm

_TEXTS = ("string", "space", "comma", "iso8601", "http-date", "duration", "jwt")
#: In a form everything is text: how a format is written there. Headers and cookies are alike.
_AS_TEXT = {
    **{each: each for each in _TEXTS},
    **{
        each: f"{each.removesuffix('-text')}-text"
        for each in (
            *("seconds", "seconds-text", "milliseconds", "milliseconds-text"),
            *("minutes", "minutes-text", "hours", "hours-text", "days", "days-text"),
            *("epoch", "epoch-text", "epoch-ms", "epoch-ms-text"),
        )
    },
}


def leaf_of(name: tuple[str | int, ...]) -> tuple[str, ...]:
    """The steps of a path as far as they are names: what lies in an array is looked for there."""
    steps = []
    for step in name:
        if isinstance(step, int):
            break
        steps.append(step)
    return tuple(steps)


def check_places(source: Source, fields: tuple[AnswerField, ...]) -> None:
    """Refuses two fields at one place, and a field where the way to another leads."""
    taken: dict[tuple[str | int, ...], AnswerField] = {}
    _check_outside(source, fields)
    fields = tuple(field for field in fields if field.carrier == "body")
    for field in fields:
        for place, other in taken.items():
            if not field.name:
                continue
            if field.name[: len(place)] == place:
                raise source.error(
                    field.at,
                    f"stands where {other.meaning} stands already",
                    expected="a place of its own",
                )
            if place[: len(field.name)] == field.name or _clash(place, field.name):
                raise source.error(
                    field.at,
                    f"stands where {other.meaning} is nested",
                    expected="a place of its own",
                )
        if field.name:
            taken[field.name] = field
    for field in fields:
        for place, other in taken.items():
            if field.since is not None and _clash(place, field.since.name):
                raise source.error(
                    (*field.at, "since"),
                    f"stands where {other.meaning} is nested",
                    expected="a moment, at a place of its own",
                )


def _check_outside(source: Source, fields: tuple[AnswerField, ...]) -> None:
    """Refuses two fields in one header, or at one place of one cookie."""
    taken: dict[tuple[str, ...], AnswerField] = {}
    for field in fields:
        if field.carrier != "body":
            place = (field.carrier, *(str(step).lower() for step in field.name))
            other = taken.setdefault(place, field)
            if other is not field:
                raise source.error(
                    field.at,
                    f"stands where {other.meaning} stands already",
                    expected="a place of its own",
                )


def _clash(one: tuple[str | int, ...], other: tuple[str | int, ...]) -> bool:
    """Whether something would have to be both an object and something else."""
    shorter, longer = sorted((leaf_of(one), leaf_of(other)), key=len)
    return len(shorter) < len(longer) and longer[: len(shorter)] == shorter


def fitted(source: Source, form: AnswerForm) -> AnswerForm:
    """The form, with formats that its body can have. Raises ``DialectError`` for what it cannot."""
    outside = {field.meaning for field in form.fields if field.carrier != "body"}
    fields = (
        _as_text(source, field) if field.meaning in outside else field for field in form.fields
    )
    form = replace(form, fields=tuple(fields))
    if form.body != "json":
        named = [f for f in form.fields if f.name and f.carrier == "body"]
        for field in named:
            if len(field.name) > 1 or field.since is not None:
                raise source.error(
                    field.at, f"lies deep in a body that is {form.body!r}", expected='body = "json"'
                )
        if form.body == "text":
            _check_bare(source, form, named)
        return replace(form, fields=tuple(_as_text(source, field) for field in form.fields))
    return form


def _check_bare(source: Source, form: AnswerForm, named: list[AnswerField]) -> None:
    for field in named:
        if field.meaning != "access_token":
            raise source.error(
                field.at, "has no place beside a bare token", expected="access_token and no other"
            )
    if form.extends:
        raise source.error(
            (*form.at, "extends"), "there is nothing but a token", expected='body = "json"'
        )


def _as_text(source: Source, field: AnswerField) -> AnswerField:
    if is_pattern(field.format):
        return replace(field, also=())
    if field.format not in _AS_TEXT:
        raise source.error(
            (*field.at, "format"),
            f"{field.format!r} is no text",
            expected=one_of(dict.fromkeys(_AS_TEXT.values())),
        )
    return replace(field, format=_AS_TEXT[field.format], also=())
