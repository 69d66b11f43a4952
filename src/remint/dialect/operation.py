"""What OpenAPI says of each endpoint of one dialect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from remint.dialect.answerbody import MEDIA_TYPES
from remint.dialect.dialect import Dialect
from remint.dialect.endpoint import Endpoint
from remint.dialect.schema import (
    Schema,
    answer_schemas,
    body_schema,
    field_schema,
    pascal,
    reference,
    template_schema,
)
from remint.dialect.vocabulary import (
    BASIC_CARRIERS,
    BODY_CARRIERS,
    REFUSAL_WORDS,
    CallForm,
    DialectForm,
    RefusalForm,
    RequestField,
)
from remint.errors import Refusal

_MEDIA = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
}
_HEADERS = {
    "Cache-Control": {"schema": {"const": "no-store"}},
    "Pragma": {"schema": {"const": "no-cache"}},
    "X-Request-Id": {"schema": {"type": "string"}},
}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
}


@dataclass
class Part:
    """One dialect's share of a document: operations as path, method and what is said of it."""

    operations: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    schemas: dict[str, Schema] = field(default_factory=dict)
    security: dict[str, Any] = field(default_factory=dict)


def describe(dialect: Dialect) -> Part:
    """Every endpoint of ``dialect``, at its documented path."""
    part = Part(schemas=dict(dialect.form.schemas))
    for endpoint in dialect.endpoints:
        operation = _operation(dialect.form, endpoint, part)
        part.operations.append((endpoint.paths[0], endpoint.method.lower(), operation))
    return part


def _operation(form: DialectForm, endpoint: Endpoint, part: Part) -> dict[str, Any]:
    calls = tuple(call for call in endpoint.calls if call.described) or endpoint.calls
    said = {
        "tags": list(dict.fromkeys(tag for call in calls for tag in call.tags)) or [form.name],
        "summary": " / ".join(call.summary for call in calls if call.summary),
        "description": "\n\n".join(call.description for call in calls if call.description),
        "parameters": _parameters(form, calls),
        "requestBody": _body(form, calls),
        "security": _security(calls, part),
    }
    operation = {key: value for key, value in said.items() if value}
    named = (call.operation_id for call in calls if call.operation_id)
    operation["operationId"] = next(named, f"{form.name}_{calls[0].grant}")
    operation["responses"] = _responses(form, endpoint, part)
    return operation


def _carried(
    calls: tuple[CallForm, ...], *carriers: str
) -> dict[tuple[str, str], list[RequestField]]:
    """The fields in ``carriers``, by carrier and name; one from each call that has it."""
    found: dict[tuple[str, str], list[RequestField]] = {}
    for call in calls:
        for each in call.request:
            for carrier in _described_in(each):
                if carrier in carriers:
                    name = each.name_in(carrier)[0]
                    found.setdefault((carrier, name), []).append(each)
    return found


def _described_in(each: RequestField) -> tuple[str, ...]:
    # OpenAPI cannot say "here or there": the first carrier stands for all, but for credentials, which have
    # security schemes of their own, and for the kinds of one body.
    if BASIC_CARRIERS & set(each.carriers):
        return each.carriers
    if each.carriers[0] in BODY_CARRIERS:
        return tuple(carrier for carrier in each.carriers if carrier in BODY_CARRIERS)
    return each.carriers[:1]


def _is_needed(each: RequestField) -> bool:
    return each.required and not (BASIC_CARRIERS & set(each.carriers) and len(each.carriers) > 1)


def _parameters(form: DialectForm, calls: tuple[CallForm, ...]) -> list[dict[str, Any]]:
    parameters = []
    carried = _carried(calls, "path", "query", "header", "cookie")
    for (carrier, name), fields in carried.items():
        first = fields[0]
        values = [each.value for each in fields if each.value is not None]
        parameter = {
            "name": name,
            "in": carrier,
            "required": len(fields) == len(calls) and all(map(_is_needed, fields)),
            "schema": field_schema(first, carrier, values, form.details),
            "description": first.description,
            "example": first.example,
        }
        parameters.append({key: value for key, value in parameter.items() if value is not None})
    return parameters


def _body(form: DialectForm, calls: tuple[CallForm, ...]) -> dict[str, Any] | None:
    content: dict[str, Any] = {}
    needed = False
    for carrier in sorted(BODY_CARRIERS):
        schemas = []
        for call in calls:
            fields = [each for each in call.request if carrier in _described_in(each)]
            if fields:
                must = {each.meaning for each in fields if _is_needed(each)}
                needed = needed or bool(must)
                members = [(f, _member(form, f, carrier)) for f in fields]
                schemas.append(body_schema(members, carrier, must))
        if schemas:
            schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
            content[_MEDIA[carrier]] = {"schema": schema}
    return {"required": needed, "content": content} if content else None


def _member(form: DialectForm, each: RequestField, carrier: str) -> Schema:
    values = [] if each.value is None else [each.value]
    schema = field_schema(each, carrier, values, form.details)
    if each.description is not None:
        schema["description"] = each.description
    if each.example is not None:
        schema["examples"] = [each.example]
    return schema


def _security(calls: tuple[CallForm, ...], part: Part) -> list[dict[str, list[str]]] | None:
    schemes = {"basic": BASIC_CARRIERS, "bearer": frozenset({"bearer"})}
    for scheme, carriers in schemes.items():
        fields = [each for call in calls for each in call.request if carriers & set(each.carriers)]
        if fields:
            part.security[scheme] = {"type": "http", "scheme": scheme}
            optional = any(len(each.carriers) > 1 or not each.required for each in fields)
            return [{scheme: []}, {}] if optional else [{scheme: []}]
    return None


def _responses(form: DialectForm, endpoint: Endpoint, part: Part) -> dict[str, Any]:
    answer = endpoint.calls[0].answer
    schema: Schema = {"type": "string"}
    if answer.body != "text":
        name, components = answer_schemas(answer, f"{pascal(form.name)}Answer", form.details)
        part.schemas.update(components)
        schema = reference(name)
    success = _response(form, answer.description, schema, {}, MEDIA_TYPES[answer.body])
    responses = {str(answer.status): success}
    by_status: dict[int, list[RefusalForm]] = {}
    for refusal in form.refusals.values():
        if not form.statuses or refusal.status in form.statuses:
            by_status.setdefault(refusal.status, []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        responses[str(status)] = _refusal(form, endpoint, refusals, part)
    return responses


def _refusal(
    form: DialectForm, endpoint: Endpoint, refusals: list[RefusalForm], part: Part
) -> dict[str, Any]:
    references = []
    for refusal in refusals:
        each = reference(_refusal_component(form, refusal, part))
        if each not in references:
            references.append(each)
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    words = " ".join(dict.fromkeys(_words(refusal, endpoint) for refusal in refusals))
    examples = {
        refusal.code: {"value": _example(refusal, endpoint)} for refusal in refusals if form.details
    }
    response = _response(form, words, schema, examples)
    if form.details:
        codes = {refusal.code for refusal in refusals}
        if codes & {"slow_down", "temporarily_unavailable"}:
            response["headers"] |= _RETRY_AFTER
        for refusal in refusals:
            response["headers"] |= {
                name: {"schema": {"type": "string"}} for name in refusal.headers
            }
    return response


def _response(
    form: DialectForm,
    description: str,
    schema: Schema,
    examples: dict[str, Any],
    media_type: str = MEDIA_TYPES["json"],
) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": schema}
    if examples:
        media["examples"] = examples
    response: dict[str, Any] = {
        "description": description,
        "content": {media_type.partition(";")[0]: media},
    }
    if form.details:
        response["headers"] = dict(_HEADERS)
    return response


def _refusal_component(form: DialectForm, refusal: RefusalForm, part: Part) -> str:
    """The name of the component that describes the body; codes with one template share it."""
    alike = [each.code for each in form.refusals.values() if each.body == refusal.body]
    suffix = pascal(alike[0])
    if "invalid_grant" in alike:
        suffix = "Error"
    elif "server_error" in alike:
        suffix = "Fault"
    name = refusal.schema or pascal(form.name) + suffix
    if name not in part.schemas:
        part.schemas[name] = template_schema(refusal.body, alike)
    return name


def _words(refusal: RefusalForm, endpoint: Endpoint) -> str:
    if refusal.summary is not None:
        return refusal.summary
    if endpoint.grants == {"password"} and "credentials" in refusal.descriptions:
        return refusal.descriptions["credentials"]
    return refusal.description or REFUSAL_WORDS[refusal.code]


def _example(refusal: RefusalForm, endpoint: Endpoint) -> Any:
    words = _words(refusal, endpoint)
    sample = Refusal(refusal.code, words, where="body", name="refresh_token", kind="value")
    answer = endpoint.refuse(sample, "0192f5d3-7d9c-7c3e-8f5a-3b1d2c4e5f60")
    return msgspec.json.decode(answer.body)
