"""OpenAPI 3.1 descriptions of the endpoints of dialects: one document for one dialect or for many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remint.dialect.dialect import Dialect
from remint.dialect.operation import describe


def openapi(
    dialects: Iterable[Dialect], *, server_url: str, title: str, version: str
) -> dict[str, Any]:
    """A document that describes every endpoint of ``dialects``.

    Components and operations keep the names that their files give them; where two dialects use one name for
    different things, the later one's is prefixed with the name of its dialect.
    """
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server_url}],
        "paths": {},
        "components": {"schemas": {}},
    }
    schemas = document["components"]["schemas"]
    operation_ids: set[str] = set()
    for dialect in dialects:
        part = describe(dialect)
        renamed = {
            name: f"{dialect.name}.{name}"
            for name, schema in part.schemas.items()
            if schemas.get(name, schema) != schema
        }
        for name, schema in part.schemas.items():
            schemas[renamed.get(name, name)] = _redirected(schema, renamed)
        for path, method, operation in part.operations:
            if operation["operationId"] in operation_ids:
                operation["operationId"] = f"{dialect.name}_{operation['operationId']}"
            operation_ids.add(operation["operationId"])
            document["paths"].setdefault(path, {})[method] = _redirected(operation, renamed)
        if part.security:
            document["components"].setdefault("securitySchemes", {}).update(part.security)
    return document


def _redirected(value: Any, renamed: dict[str, str]) -> Any:
    """``value`` with its references led to the components' new names."""
    if not renamed:
        return value
    if isinstance(value, dict):
        return {
            key: _reference(inner, renamed) if key == "$ref" else _redirected(inner, renamed)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_redirected(inner, renamed) for inner in value]
    return value


def _reference(target: str, renamed: dict[str, str]) -> str:
    folder, _, name = target.rpartition("/")
    return f"{folder}/{renamed.get(name, name)}"
