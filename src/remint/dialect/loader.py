"""Reads a dialect file into the vocabulary, or says exactly where and why it cannot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from remint.dialect.answerreader import read_answer, read_failure, read_kinds, read_refusals
from remint.dialect.authorize import Authorize, read_authorize
from remint.dialect.baseurl import read_base_url
from remint.dialect.hook import read_hook
from remint.dialect.renewal import read_renewal
from remint.dialect.requestreader import read_request
from remint.dialect.servable import check_servable
from remint.dialect.source import Source, read_source
from remint.dialect.table import Table, unknown
from remint.dialect.useform import read_use
from remint.dialect.vocabulary import (
    EVIDENCE,
    POLICY_ALGORITHMS,
    POLICY_ROTATIONS,
    AnswerForm,
    CallForm,
    DialectForm,
)

#: Grant types that a call may offer (RFC 6749 §6, §4.3, §4.4, §4.1).
GRANTS = ("refresh_token", "password", "client_credentials", "authorization_code")
METHODS = ("GET", "POST", "PUT", "PATCH")

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\{[a-z_]+\})*)+")


def load_form(file: Path, hooks: bool = False) -> DialectForm:
    """Reads ``file``. Raises ``DialectError`` for the first thing in it that is wrong."""
    return read_form(read_source(file), hooks)


def read_form(source: Source, hooks: bool = False) -> DialectForm:
    """The dialect that ``source`` describes; with ``hooks`` it may name Python. Raises ``DialectError``."""
    table = Table(source, (), source.data, "dialect")
    name = table.needed_text("name")
    if not _NAME.fullmatch(name):
        raise table.wrong("name", f"{name!r} cannot name a dialect")
    refusal = table.inner("refusal", "refusal")
    description = table.inner("openapi", "openapi")
    form = DialectForm(
        source=source,
        name=name,
        title=table.text("title") or name,
        summary=table.text("summary") or "",
        serve=table.flag("serve", True),
        policy=_policy(table.inner("policy", "policy")),
        base_url=read_base_url(table),
        evidence=table.choice("evidence", None, EVIDENCE) or "",
        calls=_calls(table, hooks),
        refusals=read_refusals(refusal),
        kinds=read_kinds(refusal),
        failures=tuple(read_failure(each) for each in table.each("failure", "failure")),
        schemas=dict(table.pairs("schemas")),
        details=description.flag("details", True),
        statuses=description.statuses("statuses"),
        use=read_use(table.inner("use", "use")),
        authorize=_authorize(table),
        renewal=read_renewal(table.inner("renewal", "renewal")),
    )
    _check_endpoints(form)
    check_servable(form)
    return form


def _authorize(table: Table) -> Authorize | None:
    if "authorize" not in table:
        return None
    return read_authorize(table.inner("authorize", "authorize"))


def _policy(table: Table) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "rotation": table.choice("rotation", None, POLICY_ROTATIONS),
        "retry_window_seconds": table.whole("retry_window_seconds", None, 0),
        "access_algorithm": table.choice("access_algorithm", None, POLICY_ALGORITHMS),
    }
    for key in (
        "idle_lifetime_seconds",
        "absolute_lifetime_seconds",
        "access_lifetime_seconds",
        "grants_per_subject",
    ):
        policy[key] = table.whole(key, None, 1)
    if "budget" in table:
        budget = table.inner("budget", "budget")
        for key in ("renewals", "per_seconds"):
            if key not in budget:
                raise budget.absent(key)
        policy["budget"] = {
            "renewals": budget.whole("renewals", None, 1),
            "per_seconds": budget.whole("per_seconds", None, 1),
        }
    return {key: value for key, value in policy.items() if value is not None}


def _calls(table: Table, hooks: bool) -> tuple[CallForm, ...]:
    calls = table.pairs("call")
    if not calls:
        raise table.absent("call")
    table.pairs("request")
    found = []
    shared = read_answer(table.source, [("answer",)]) if "answer" in table else None
    for grant, data in calls.items():
        path = ("call", grant)
        if grant not in GRANTS:
            raise unknown(table.source, path, grant, GRANTS, "grant type")
        call = Table(table.source, path, data, "call")
        answer = shared
        if "answer" in call:
            answer = read_answer(table.source, [("answer",), (*path, "answer")])
        if answer is None:
            raise table.absent("answer")
        found.append(_call(call, grant, answer, hooks))
    return tuple(found)


def _call(table: Table, grant: str, answer: AnswerForm, hooks: bool) -> CallForm:
    path = table.needed_text("path")
    aliases = table.words("aliases")
    for key, each in (("path", path), *(("aliases", alias) for alias in aliases)):
        if not _PATH.fullmatch(each):
            raise table.wrong(key, f"{each!r} is no path")
    if len({path, *aliases}) != 1 + len(aliases):
        raise table.wrong("aliases", "names a path twice", "other paths than the first")
    if aliases and "{" in path:
        raise table.wrong("aliases", "a path with placeholders is the only one", "no aliases")
    _check_answer(table.source, answer)
    return CallForm(
        grant=grant,
        at=table.path,
        method=table.choice("method", "POST", METHODS) or "",
        paths=(path, *aliases),
        request=read_request(table.source, ("request",), (*table.path, "request"), grant, path),
        answer=answer,
        hook=read_hook(table, "hook", hooks),
        answer_hook=read_hook(table, "answer_hook", hooks),
        serve=table.flag("serve", True),
        operation_id=table.text("operation_id"),
        described=table.flag("described", True),
        summary=table.text("summary"),
        description=table.text("description"),
        tags=table.words("tags"),
    )


def _check_answer(source: Source, answer: AnswerForm) -> None:
    """An answer brings a token, or says that the old one lives on, and how that can be told."""
    has_token = any(field.meaning == "access_token" for field in answer.fields)
    if not answer.extends and not has_token:
        raise source.error(
            (*answer.at, "fields"), "there is no access_token", expected="access_token = {…}"
        )
    if answer.extends and has_token:
        raise source.error(
            (*answer.at, "extends"), "there is an access_token", expected="no access_token"
        )
    if answer.extends and not any(f.name and f.value is not None for f in answer.fields):
        raise source.error(
            (*answer.at, "fields"),
            "nothing tells a success",
            expected="a constant with a name, such as extras.code = { name = …, value = 0 }",
        )


def _check_endpoints(form: DialectForm) -> None:
    """Calls served at one address must be told apart by a grant type at one place, and answer alike."""
    seen: dict[tuple[str, str], CallForm] = {}
    for call in form.served:
        for path in call.paths:
            other = seen.setdefault((call.method, path), call)
            if other is call:
                continue
            mine, theirs = call.dispatch, other.dispatch
            if mine is None or theirs is None:
                raise form.source.error(
                    call.at,
                    f"shares {call.method} {path} with call.{other.grant}, and nothing tells them apart",
                    expected="a grant_type in the request of both",
                )
            if (mine.carriers, mine.name, mine.names) != (
                *(theirs.carriers, theirs.name, theirs.names),
            ):
                raise form.source.error(
                    mine.at,
                    f"travels elsewhere than that of call.{other.grant} at the same address",
                    expected=f"in = {list(theirs.carriers)}, name = {theirs.name[0]!r}",
                )
            if mine.value == theirs.value:
                raise form.source.error(
                    mine.at, f"is the same as that of call.{other.grant}", expected="another value"
                )
            if call.paths != other.paths or call.answer is not other.answer:
                raise form.source.error(
                    call.at,
                    f"shares an address with call.{other.grant}",
                    expected="the same aliases and the same answer",
                )
