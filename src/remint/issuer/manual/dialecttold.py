"""A dialect as people read it: fields, examples and refusals, for the manual and the console.

Its examples are written by the same codecs that serve, so that they cannot say anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from remint.dialect import Dialect, Endpoint, TokenAnswer, TokenRequest
from remint.dialect.call import Call
from remint.dialect.vocabulary import BASIC_CARRIERS, CallForm, RequestField
from remint.errors import ConfigurationError, Refusal
from remint.issuer.grants.claims import example_claims
from remint.issuer.manual.curl import curl_line, folded
from remint.issuer.manual.wording import ADVICE, CARRIERS, TYPES, WORDS

_ID: Final = "5f0c1e7a2b3d1"
_SAID: Final = "What was wrong, in words."
_MOMENT: Final = 1_800_000_000

_VALUES: Final[dict[str, Any]] = {
    "refresh_token": "remint_rt_AQAAAAH5...",
    "client_id": "4Jq0ZtSx7mWc2vYbN8aLkR",
    "client_secret": "remint_cs_9fQ2...",
    "client_number": 7001,
    "api_key": "remint_ak_3hV7...",
    "username": "ada@example.com",
    "password": "correct-horse",
    "access_token": "eyJhbGciOiJFUzI1NiIs...",
}
_EXTRAS: Final[dict[str, Any]] = {"string": "example", "boolean": True}


@dataclass(frozen=True)
class Row:
    """One field of a request or an answer."""

    name: str
    meaning: str
    carrier: str
    type: str
    required: bool
    text: str


@dataclass(frozen=True)
class Example:
    """One call of an endpoint: its fields, and a request that makes it."""

    grant: str
    summary: str
    text: str
    rows: list[Row]
    request: str


def told(dialect: Dialect, base_url: str) -> dict[str, Any]:
    """Everything that is said of ``dialect``, as served at ``base_url``, by what it is called there."""
    return {
        "name": dialect.name,
        "title": dialect.title,
        "summary": dialect.summary,
        "facts": list(_facts(dialect.policy)),
        "endpoints": [_endpoint(dialect, each, base_url) for each in dialect.endpoints],
        "refusals": list(_refusals(dialect)),
    }


def _facts(policy: dict[str, Any]) -> Iterator[tuple[str, str]]:
    keeps = policy.get("rotation") == "keep"
    yield "Refresh token", "stays the same" if keeps else "replaced by every renewal"
    if "retry_window_seconds" in policy and not keeps:
        yield "Retry window", span(policy["retry_window_seconds"])
    if "access_lifetime_seconds" in policy:
        yield "Access token", f"good for {span(policy['access_lifetime_seconds'])}"
    if policy.get("idle_lifetime_seconds"):
        yield "Unused", f"ends after {span(policy['idle_lifetime_seconds'])}"
    if budget := policy.get("budget"):
        yield "Budget", f"{budget['renewals']} renewals in {span(budget['per_seconds'])}"


def span(seconds: int) -> str:
    """``86400`` as ``1 day``, in the largest unit that divides it."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"


def _endpoint(dialect: Dialect, endpoint: Endpoint, base_url: str) -> dict[str, Any]:
    calls = {call.grant: call for call in dialect.calls}
    return {
        "method": endpoint.method,
        "path": endpoint.paths[0],
        "aliases": endpoint.paths[1:],
        "calls": [_call(calls[form.grant], form, base_url) for form in endpoint.calls],
        "answer": _answer_rows(endpoint),
        "status": endpoint.calls[0].answer.status,
        "sample": _sample(dialect, endpoint),
    }


def _call(call: Call, form: CallForm, base_url: str) -> Example:
    return Example(
        grant=form.grant,
        summary=form.summary or "",
        text=form.description or "",
        rows=[_row(field) for field in form.request],
        request=_request(call, form, base_url),
    )


def _request(call: Call, form: CallForm, base_url: str) -> str:
    extras = {
        field.extra: _EXTRAS.get(field.type, 1) if field.example is None else field.example
        for field in form.request
        if field.extra
    }
    request = TokenRequest(call.grant, extras=extras, **_VALUES)
    try:
        wire = call.encode(request, base_url=base_url, now_ms=_MOMENT * 1000, random=bytes)
    except ConfigurationError:
        # A dialect of the operator's whose fields take none of these values.
        return ""
    return folded(curl_line(wire))


def _row(field: RequestField) -> Row:
    name = ".".join(field.name)
    if set(field.carriers) <= BASIC_CARRIERS | {"bearer"}:
        name = "Authorization"
    text = field.description or WORDS.get(field.meaning, "")
    if field.value is not None:
        text = f"{text} Always {field.value}." if field.check else f"{text} Such as {field.value}."
    return Row(
        name=name,
        meaning=field.meaning.removeprefix("extras."),
        carrier=" or ".join(CARRIERS[carrier] for carrier in field.carriers),
        type=TYPES.get(field.type, field.type),
        required=field.required,
        text=text.strip(),
    )


def _answer_rows(endpoint: Endpoint) -> list[Row]:
    return [
        Row(
            name=".".join(map(str, field.name)),
            meaning=field.meaning.removeprefix("extras."),
            carrier="JSON body",
            type=TYPES.get(field.format, field.format),
            required=field.required,
            text=field.description or WORDS.get(field.meaning.removeprefix("extras."), ""),
        )
        for field in endpoint.calls[0].answer.fields
        if field.name
    ]


def _sample(dialect: Dialect, endpoint: Endpoint) -> str:
    sent = endpoint.always_sends
    keeps = dialect.policy.get("rotation") == "keep" and "refresh_token" not in sent
    answer = TokenAnswer(
        access_token=_VALUES["access_token"],
        expires_in=int(dialect.policy.get("access_lifetime_seconds", 3600)),
        access_expires_at=_MOMENT + 3600,
        refresh_token=None if keeps else "remint_rt_AQAAAAH6...",
        refresh_expires_at=_MOMENT + 30 * 86_400,
        scope="orders:read",
        id_token=_VALUES["access_token"] if "id_token" in sent else None,
        extras={"user_id": "ada", **example_claims(dialect)},
    )
    return pretty(endpoint.encode(answer).body)


def _refusals(dialect: Dialect) -> Iterator[dict[str, Any]]:
    endpoint = dialect.endpoints[0]
    for form in sorted(dialect.form.refusals.values(), key=lambda form: form.status):
        when, advice = ADVICE.get(form.code, ("", ""))
        refusal = Refusal(
            form.code, form.description or _SAID, where="body", name="refresh_token", kind="value"
        )
        wire = endpoint.refuse(refusal, _ID)
        yield {
            "status": wire.status,
            "code": form.code,
            "when": when,
            "advice": advice,
            "body": wire.body.decode(),
        }


def pretty(body: bytes) -> str:
    """JSON as people read it; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode()
