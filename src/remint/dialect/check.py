"""A trial run of a dialect file: is it sound, and does it understand itself?"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from remint.dialect.authorize import Authorize
from remint.dialect.call import Call
from remint.dialect.dialect import Dialect, load
from remint.dialect.endpoint import Endpoint
from remint.dialect.message import TokenAnswer, TokenRequest, WireRequest
from remint.dialect.signature import PRIVATE
from remint.dialect.template import Template
from remint.dialect.use import Use
from remint.dialect.vocabulary import AnswerForm, CallForm, RequestField
from remint.errors import DialectError, RemintError

_NOW_MS = 1_800_000_000_000
_BASE_URL = "https://api.example.com"
_SAMPLES = {"integer": 7, "number": 7, "boolean": True}


def check(file: Path, *, hooks: bool = False) -> list[DialectError]:
    """What is wrong with a dialect file, each problem with its file, line and expectation; empty if nothing.

    Beyond loading it, sends a sample of each call to the endpoint that the same file describes, and the
    sample of an answer back; makes the calls that no endpoint understands; shows a sample of a token to the
    API, and sends a browser to log in.
    """
    try:
        dialect = load(file, hooks=hooks)
    except DialectError as error:
        return [error]
    trials = [
        *((call, _trial(dialect, each, call)) for each in dialect.endpoints for call in each.calls),
        *((call.form, _attempt(call)) for call in dialect.calls if not call.served),
    ]
    found = [
        (f"call.{call.grant}", problem, "a call that its own endpoint understands")
        for call, problem in trials
    ]
    found.append(("use", _showing(dialect.use), "a request that an API can read"))
    if dialect.authorize is not None:
        found.append(("authorize", _journey(dialect.authorize), "parameters that arrive"))
    return [
        DialectError(
            problem, file=dialect.file, line=dialect.line_of(key), key=key, expected=expected
        )
        for key, problem, expected in found
        if problem
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
    _give_keys(request, call)
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


def _attempt(call: Call) -> str:
    """Why the call cannot be made; empty if it can."""
    try:
        call.encode(sample_request(call.form), base_url=_BASE_URL, now_ms=_NOW_MS, random=bytes)
    except RemintError as error:
        return f"a sample cannot be sent: {error}"
    return ""


def _showing(use: Use) -> str:
    """Why a token cannot be shown, or seems to have expired when it has not; empty if all is well."""
    credentials = {each.meaning: f"sample-{each.meaning}" for each in use.inputs}
    try:
        use.headers("sample-access-token", credentials)
        use.query("sample-access-token", credentials)
    except RemintError as error:
        return f"a sample cannot be sent: {error}"
    for body in (b"", b"{}", b"[]"):
        if use.expired(200, body):
            return f"takes the answer 200 {body.decode() or 'without a body'} for an expired token"
    return ""


def _journey(authorize: Authorize) -> str:
    """Why a browser would not take along what it is given; empty if it would."""
    # An extra may have a part in the address too, where not everything can stand.
    extras = {each.extra: "sample" for each in authorize.inputs if each.extra}
    samples = {
        each.meaning: extras.get(each.extra or "", f"sample {each.meaning}&")
        for each in authorize.request
    }
    try:
        url = authorize.url(
            base_url=_BASE_URL,
            client_id=samples.get("client_id", ""),
            redirect_uri=samples.get("redirect_uri"),
            scope="read write",
            state=samples.get("state"),
            code_challenge=samples.get("code_challenge"),
            extras=extras,
        )
    except RemintError as error:
        return f"a sample cannot be sent: {error}"
    arrived = parse_qs(urlsplit(url).query)
    for each in authorize.request:
        sent = each.value or samples[each.meaning]
        if each.meaning == "scope":
            sent = each.value or f"read{authorize.scope_separator}write"
        if arrived.get(each.name) != [sent]:
            return f"{each.name} does not arrive as it was sent"
    return ""


def _give_keys(request: TokenRequest, call: CallForm) -> None:
    """Puts real keys where an assertion is signed with one."""
    signed: list[tuple[str, Template]] = []
    for each in call.request:
        if each.assertion is not None and not each.assertion.algorithm.startswith("HS"):
            signed.append((each.assertion.algorithm, each.assertion.key))
        if each.signature is not None:
            signed += [
                (form.algorithm, form.key)
                for form in (each.signature, *each.signature.parts.values())
                if form.key is not None and form.algorithm in PRIVATE
            ]
    if not signed:
        return
    from remint.dialect.jws import sample_key

    for algorithm, key in signed:
        for name in key.names:
            prefix, _, extra = name.partition(".")
            if prefix == "extras":
                request.extras = {**(request.extras or {}), extra: sample_key(algorithm)}
            else:
                setattr(request, name, sample_key(algorithm))


def _sample(each: RequestField) -> Any:
    if each.type == "boolean":
        return True
    if each.type != "string":
        return 7
    return f"sample-{each.name[-1]}"[: each.max_length].ljust(each.min_length, "x")
