"""The admin API described: an OpenAPI 3.1 document, made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from remint import __version__
from remint.issuer.admin.fields import secret_schema
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.problem import TITLES, Problem
from remint.issuer.admin.routing import PREFIX

_REFERENCE: Final = "#/components/schemas/{name}"
_TEXTS: Final[dict[str, dict[str, Any]]] = {
    "client_id": {"type": "string", "minLength": 1},
    "dialect": {"type": "string", "minLength": 1, "examples": ["eshopbox"]},
    "grant": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
_REFUSED: Final = "Refused"
_NUMBER: Final[dict[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 999_999_999_999_999}
_ABOUT: Final = (
    "Everything that the console and the commands do, for machines. Authorize by an admin key: "
    "`Authorization: Bearer remint_mk_…`. See docs/administration.md."
)


def describe(operations: Sequence[Operation], *, server_url: str = "") -> dict[str, Any]:
    """The document. ``server_url`` is where the issuer is, as its callers know it."""
    kinds = [each for op in operations for each in (op.request, op.response) if each is not None]
    shown = list(dict.fromkeys([*kinds, Problem]))
    references, schemas = msgspec.json.schema_components(
        shown, ref_template=_REFERENCE, schema_hook=secret_schema
    )
    by_kind = dict(zip(shown, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        below = paths.setdefault(PREFIX + operation.path, {})
        below[operation.method.lower()] = _operation(operation, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Remint: administration", "version": __version__, "description": _ABOUT},
        "servers": [{"url": server_url or "/"}],
        "security": [{"admin_key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for op in operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {"admin_key": {"type": "http", "scheme": "bearer"}},
            "responses": _refused_responses(by_kind[Problem]),
            "schemas": schemas,
        },
    }


def _operation(operation: Operation, by_kind: dict[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [*_in_path(operation), *_in_query(operation), *_in_headers(operation)],
        "responses": _responses(operation, by_kind),
    }
    if operation.description:
        told["description"] = operation.description
    if operation.permission is not None:
        told["x-permission"] = operation.permission
    if operation.public:
        told["security"] = []
    if operation.request is not None:
        content = {"application/json": {"schema": by_kind[operation.request]}}
        told["requestBody"] = {"required": operation.needs_body, "content": content}
    return told


def _in_path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _TEXTS.get(name, _NUMBER)}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = msgspec.json.schema(operation.query)
    own = schema["$defs"][operation.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in own["required"], **_parameter(property_)}
        for name, property_ in own["properties"].items()
    ]


def _parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter from a field: it is absent, never null."""
    kept = {key: value for key, value in schema.items() if key not in ("description", "default")}
    if "anyOf" in kept:
        others = [each for each in kept.pop("anyOf") if each != {"type": "null"}]
        kept |= others[0] if len(others) == 1 else {"anyOf": others}
    if schema.get("default") is not None:
        kept["default"] = schema["default"]
    described = {"description": schema["description"]} if "description" in schema else {}
    return {**described, "schema": kept}


def _in_headers(operation: Operation) -> list[dict[str, Any]]:
    tag: dict[str, Any] = {
        "type": "string",
        "pattern": r'^("v[0-9]{1,15}"|\*)$',
        "examples": ['"v1"'],
    }
    headers: list[tuple[str, bool, str, dict[str, Any]]] = []
    if operation.versioned:
        words = "The ETag of the answer that you go by; 412 if it was changed since."
        is_required = operation.versioned == "required"
        headers.append(("If-Match", is_required, words, tag))
    if operation.method == "GET" and _has_version(operation):
        words = "The ETag of what you have; 304 if nothing was changed since."
        # Any text will do: what is no tag of ours matches nothing (RFC 9110 §13.1.2).
        anything = {"type": "string", "examples": tag["examples"]}
        headers.append(("If-None-Match", False, words, anything))
    if operation.creates:
        words = (
            "Makes asking again harmless: for a day, the same request has the same answer. "
            "Different for each creation, such as a UUID."
        )
        text: dict[str, Any] = {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!-~]+$",
        }
        headers.append(("Idempotency-Key", False, words, text))
    return [
        {"name": name, "in": "header", "required": required, "description": words, "schema": schema}
        for name, required, words, schema in headers
    ]


def _has_version(operation: Operation) -> bool:
    fields = getattr(operation.response, "__struct_fields__", ())
    return "version" in fields


def _responses(operation: Operation, by_kind: dict[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {
        "description": "Done." if operation.status == 204 else operation.summary
    }
    if operation.response is not None:
        good["content"] = {operation.media_type: {"schema": by_kind[operation.response]}}
    elif operation.media_type != "application/json":
        good["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    if _has_version(operation):
        good["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "Its version."}}
    refused = {
        str(status): {"$ref": f"#/components/responses/{_REFUSED}{status}"}
        for status in sorted(_refusals(operation))
    }
    if operation.method == "GET" and _has_version(operation):
        refused["304"] = {"description": "Nothing was changed since."}
    return {str(operation.status): good, **dict(sorted(refused.items()))}


def _refused_responses(problem: Any) -> dict[str, Any]:
    """What a refusal of each status says, once for all operations."""
    told: dict[int, list[str]] = {}
    for status, title in TITLES.values():
        told.setdefault(status, []).append(title)
    return {
        f"{_REFUSED}{status}": {
            "description": "; ".join(titles) + ".",
            "content": {"application/problem+json": {"schema": problem}},
        }
        for status, titles in told.items()
    }


def _refusals(operation: Operation) -> set[int]:
    """The statuses that a request may be refused with."""
    statuses = {400, 408, 413, 422, 500, 503}
    if not operation.public:
        statuses |= {401, 403}
    if "{" in operation.path:
        statuses.add(404)
    if operation.method != "GET":
        statuses |= {404, 409}
    if operation.request is not None:
        statuses.add(415)
    if operation.versioned:
        statuses.add(412)
    if operation.versioned == "required":
        statuses.add(428)
    return statuses
