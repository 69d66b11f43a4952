"""A dialect as ``list``, ``show`` and ``check`` tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remint.dialect import Call, Dialect
    from remint.errors import ConfigurationError


def brief(dialect: Dialect) -> dict[str, Any]:
    """What tells dialects apart."""
    return {
        "name": dialect.name,
        "title": dialect.title,
        "summary": dialect.summary,
        "served": bool(dialect.endpoints),
        "endpoints": [f"{each.method} {each.paths[0]}" for each in dialect.endpoints],
    }


def in_full(dialect: Dialect) -> dict[str, Any]:
    """What travels where, call by call."""
    return {
        **brief(dialect),
        "file": str(dialect.file),
        "policy": dialect.policy,
        "calls": [_call(call) for call in dialect.calls],
    }


def problem(error: ConfigurationError) -> dict[str, Any]:
    """What is wrong with a file, for machines."""
    return {
        "file": str(error.file),
        "line": error.line,
        "key": error.key,
        "message": error.message,
        "expected": error.expected,
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "grant": call.grant,
        "method": call.method,
        "path": call.path,
        "request": [
            {
                "field": field.meaning,
                "in": " or ".join(field.carriers),
                "name": ".".join(field.name),
                "type": field.type,
                "required": field.required,
            }
            for field in call.form.request
        ],
        "answer": [
            {
                "field": field.meaning,
                "in": "answer",
                "name": ".".join(field.name),
                "type": field.format,
                "required": field.required,
            }
            for field in call.form.answer.fields
            if field.name
        ],
    }
