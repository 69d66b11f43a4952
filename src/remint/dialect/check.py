"""A trial run of a dialect file: is it sound, and does it understand itself?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from remint.dialect.dialect import Dialect, load
from remint.dialect.endpoint import Endpoint
from remint.dialect.message import TokenAnswer, TokenRequest, WireRequest
from remint.dialect.vocabulary import AnswerForm, CallForm, RequestField
from remint.errors import DialectError, RemintError

_NOW_MS = 1_800_000_000_000
_BASE_URL = "https://api.example.com"
_SAMPLES = {"integer": 7, "number": 7, "boolean": True}


def check(file: Path) -> list[DialectError]:
    """What is wrong with a dialect file, each problem with its file, line and expectation; empty if nothing.

    Beyond loading it, sends a sample of each call to the endpoint that the same file describes, and the
    sample of an answer back.
    """
    try:
        dialect = load(file)
    except DialectError as error:
        return [error]
    return [
        DialectError(
            problem,
            file=dialect.file,
            line=dialect.line_of(f"call.{call.grant}"),
            key=f"call.{call.grant}",
            expected="a call that its own endpoint understands",
        )
        for endpoint in dialect.endpoints
        for call in endpoint.calls
        if (problem := _trial(dialect, endpoint, call))
    ]


def sample_request(call: CallForm) -> TokenRequest:
    """A request that fills every field of a call."""
    request = TokenRequest(call.grant, extras={})
    for each in call.request:
        if each.value is not None or each.generate is not None:
            continue
        if each.extra:
            request.extras = {**(request.extras or {}), each.extra: _sample(each)}
        elif each.meaning != "grant_type":
            setattr(request, each.meaning, _sample(each))
    request.extras = request.extras or None
    return request


def sample_answer(answer: AnswerForm) -> TokenAnswer:
    """An answer that fills every field of its form."""
    extras = {
        each.extra: _SAMPLES.get(each.format, f"sample-{each.extra}")
        for each in answer.fields
        if each.extra
    }
    return TokenAnswer(
        "sample-access-token",
        expires_in=3600,
        access_expires_at=_NOW_MS // 1000 + 3600,
        refresh_token="sample-refresh-token",
        refresh_expires_at=_NOW_MS // 1000 + 86_400,
        scope="read write",
        id_token="sample-id-token",
        extras=extras or None,
    )


def arrive(request: WireRequest) -> tuple[str, bytes, list[tuple[bytes, bytes]], bytes]:
    """A sent request as an endpoint receives it: path, query, headers, body."""
    path, _, query = request.url.removeprefix(_BASE_URL).partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
    return path, query.encode(), headers, request.body


def _trial(dialect: Dialect, endpoint: Endpoint, form: CallForm) -> str:
    """Why the call and the endpoint do not understand each other; empty if they do."""
    call = dialect.call(form.grant)
    sent = sample_request(form)
    try:
        wire = call.encode(sent, base_url=_BASE_URL, now_ms=_NOW_MS, random=bytes)
        if endpoint.decode(*arrive(wire)) != sent:
            return "a request is read as another than was sent"
        answer = endpoint.encode(sample_answer(form.answer))
        call.decode(answer, now_ms=_NOW_MS)
    except RemintError as error:
        return f"a sample does not come through: {error}"
    return ""


def _sample(each: RequestField) -> Any:
    if each.type == "boolean":
        return True
    if each.type != "string":
        return 7
    return f"sample-{each.name[-1]}"[: each.max_length].ljust(each.min_length, "x")
