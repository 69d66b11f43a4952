"""A dialect as ``list``, ``show`` and ``check`` tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from remint.dialect import Call, Dialect
    from remint.dialect.vocabulary import RequestField
    from remint.errors import ConfigurationError


def brief(dialect: Dialect) -> dict[str, Any]:
    """What tells dialects apart."""
    return {
        "name": dialect.name,
        "title": dialect.title,
        "summary": dialect.summary,
        "served": bool(dialect.endpoints),
        "endpoints": [f"{each.method} {each.paths[0]}" for each in dialect.endpoints],
        "calls": [f"{each.method} {dialect.base_url}{each.path}" for each in dialect.calls],
        "base_url": dialect.base_url,
        "evidence": dialect.evidence,
    }


def in_full(dialect: Dialect) -> dict[str, Any]:
    """What travels where, call by call."""
    return {
        **brief(dialect),
        "file": str(dialect.file),
        "policy": dialect.policy,
        "renewal": _renewal(dialect),
        "token": {"in": _token(dialect), "with": [each.meaning for each in dialect.use.inputs]},
        "login": _login(dialect),
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


def _token(dialect: Dialect) -> str:
    """Where the API looks for the access token."""
    name = dialect.use.header_name
    return f"header {name}" if name else "query"


def _login(dialect: Dialect) -> str:
    """Where a browser gets the first tokens; empty if there is no such place."""
    where = dialect.authorize
    return "" if where is None else where.absolute or dialect.base_url + where.path


def _renewal(dialect: Dialect) -> dict[str, Any]:
    """What is known of the provider's tokens; a limit in words."""
    renewal = dialect.renewal
    told = {name: getattr(renewal, name) for name in renewal.__struct_fields__}
    if renewal.limit is not None:
        limit = renewal.limit
        told["limit"] = f"{limit.calls} calls in {limit.per_seconds} s by {limit.by}"
    return {key: value for key, value in told.items() if value}


def _name_of(field: RequestField) -> Callable[[str], str]:
    return lambda carrier: ".".join(field.name_in(carrier))


def _call(call: Call) -> dict[str, Any]:
    return {
        "grant": call.grant,
        "served": call.served,
        "method": call.method,
        "path": call.path,
        "request": [
            {
                "field": field.meaning,
                "in": " or ".join(field.carriers),
                "name": " or ".join(dict.fromkeys(map(_name_of(field), field.carriers))),
                "type": field.generate or field.type,
                "required": field.required,
            }
            for field in call.form.request
        ],
        "answer": [
            {
                "field": field.meaning,
                "in": "answer",
                "name": ".".join(map(str, field.name)),
                "type": field.format,
                "required": field.required,
            }
            for field in call.form.answer.fields
            if field.name
        ],
    }
