"""JSON Schemas (2020-12, as OpenAPI 3.1 has them) of what a dialect reads and writes."""

from __future__ import annotations

import re
from typing import Any

from remint.dialect.answerplaces import leaf_of
from remint.dialect.formats import format_of
from remint.dialect.refusalencoder import MAY_BE_EMPTY
from remint.dialect.vocabulary import (
    INTEGER_BOUNDS,
    AnswerField,
    AnswerForm,
    RequestField,
)

Schema = dict[str, Any]

#: What a header can carry, and what everything else can.
_HEADER_TEXT = "^[!-~]([ -~]*[!-~])?$"
_TEXT = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def reference(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def pascal(text: str) -> str:
    """``refresh_token`` as ``RefreshToken``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))


def field_schema(field: RequestField, carrier: str, values: list[Any], details: bool) -> Schema:
    """What ``carrier`` accepts for ``field``. ``values`` are the constants it may have, if it is one."""
    schema: Schema = {"type": "string"}
    if field.type == "boolean":
        schema = {"type": "boolean"}
    elif field.type in INTEGER_BOUNDS:
        low, high = INTEGER_BOUNDS[field.type]
        schema = {"type": "integer", "minimum": low, "maximum": high}
        if field.type != "positive":
            schema["format"] = field.type
    if values and field.check:
        schema["enum"] = values
    elif values:
        schema["default"] = values[0]
    elif details and field.type == "string":
        schema |= {"minLength": field.min_length, "maxLength": field.max_length}
        schema["pattern"] = _HEADER_TEXT if carrier in ("header", "cookie") else _TEXT
    if field.title is not None:
        schema["title"] = field.title
        if field.description is not None:
            schema["description"] = field.description
    return schema


def body_schema(
    fields: list[tuple[RequestField, Schema]], carrier: str, needed: set[str]
) -> Schema:
    """What ``carrier`` holds: an object with a member for each field, nested as their names say."""
    top: Schema = {"type": "object", "properties": {}}
    for field, schema in fields:
        place = top
        *steps, last = field.name_in(carrier)
        for step in steps:
            inner = place["properties"].setdefault(step, {"type": "object", "properties": {}})
            _require(place, step, field.meaning in needed)
            place = inner
        place["properties"][last] = schema
        _require(place, last, field.meaning in needed)
    return top


def _require(schema: Schema, name: str, needed: bool) -> None:
    if needed and name not in schema.setdefault("required", []):
        schema["required"].append(name)
    elif not schema.get("required", True):
        del schema["required"]


def answer_schemas(
    answer: AnswerForm, default_name: str, details: bool
) -> tuple[str, dict[str, Schema]]:
    """The component for a success and those it refers to; the first of them by name."""
    components: dict[str, Schema] = {}
    fields = [field for field in answer.fields if field.name]
    naming = answer.naming.get(())
    name = (naming.schema if naming else None) or default_name
    components[name] = _object(answer, (), fields, components, details)
    return name, components


def _object(
    answer: AnswerForm,
    place: tuple[str, ...],
    fields: list[AnswerField],
    components: dict[str, Schema],
    details: bool,
) -> Schema:
    properties: Schema = {}
    required = []
    for name in dict.fromkeys(leaf_of(field.name)[len(place)] for field in fields):
        at = (*place, name)
        below = [field for field in fields if field.name[: len(at)] == at]
        if any(field.required for field in below):
            required.append(name)
        if below[0].name == at:
            properties[name] = _leaf(below[0], details)
            continue
        inner = _object(answer, at, below, components, details)
        naming = answer.naming.get(at)
        if naming is not None and naming.schema is not None:
            components[naming.schema] = inner
            inner = {"type": "object", **reference(naming.schema)}
        if naming is not None and naming.property_title is not None:
            inner["title"] = naming.property_title
        properties[name] = inner
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    naming = answer.naming.get(place)
    if naming is not None and naming.title is not None:
        schema["title"] = naming.title
    return schema


def _leaf(field: AnswerField, details: bool) -> Schema:
    schema = dict(format_of(field.format).schema)
    if field.value is not None:
        schema = {"const": field.value}
    if details and field.format == "iso8601":
        schema["format"] = "date-time"
    for key in ("title", "description"):
        if getattr(field, key) is not None:
            schema[key] = getattr(field, key)
    if field.example is not None:
        schema["examples"] = [field.example]
    return schema


def template_schema(template: Any, codes: list[str]) -> Schema:
    """What a refusal's template turns out. ``codes`` are the codes that use it."""
    if isinstance(template, dict):
        properties = {key: template_schema(value, codes) for key, value in template.items()}
        schema: Schema = {"type": "object", "properties": properties}
        required = [key for key, value in template.items() if not _may_be_left_out(value)]
        if required:
            schema["required"] = required
        return schema
    if isinstance(template, list):
        kinds = []
        for value in template:
            schema = template_schema(value, codes)
            if schema not in kinds:
                kinds.append(schema)
        return {"type": "array", "items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}}
    if template == "{code}":
        return {"type": "string", "enum": codes}
    if isinstance(template, str) and _PLACEHOLDER.search(template):
        return {"type": "string"}
    return {"const": template}


def _may_be_left_out(template: Any) -> bool:
    whole = _PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    return whole is not None and whole[1] in MAY_BE_EMPTY
