"""How an access token is shown to the API that it opens, and how that API says that it has expired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from remint.dialect.code import Code
from remint.dialect.failure import applies
from remint.dialect.inputs import Input, input_of
from remint.dialect.requestencoder import header_value, needs
from remint.dialect.template import FILTERS, text_of
from remint.dialect.useform import UseField, UseForm
from remint.dialect.vocabulary import FailureRule
from remint.errors import ConfigurationError

Show = Callable[[str, Mapping[str, Any]], list[tuple[str, str]]]


@dataclass(frozen=True)
class Use:
    """The table ``[use]``, compiled.

    ``headers(access_token, credentials)`` gives the headers that a request to the API needs, and ``query``
    the parameters, not yet escaped. ``credentials`` holds by meaning what is shown beside the token, extras
    as ``extras.NAME``. Both raise ``ConfigurationError``, which never holds a value, for one that is not
    there or cannot travel in a header.
    """

    headers: Show
    query: Show
    header_name: str  #: where the token goes; empty where that is no header
    reads_body: bool  #: whether a body may say more about expiry than its status does
    inputs: tuple[Input, ...]  #: what is shown beside the token
    sources: dict[str, str] = field(
        repr=False, compare=False
    )  #: the generated text of each function
    rules: tuple[FailureRule, ...] = field(repr=False, compare=False)

    def expired(self, status: int, body: bytes) -> bool:
        """Whether an answer of the API says that the access token has expired."""
        parsed: Any = None
        unread = True
        for rule in self.rules:
            if rule.status and status not in rule.status:
                continue
            if rule.path and unread:
                parsed, unread = _parsed(body), False
            if applies(rule, status, parsed):
                return True
        return False


def make_use(title: str, form: UseForm) -> Use:
    """Compiles what ``form`` says. ``title`` names the dialect in tracebacks."""
    in_query = [each for each in form.request if each.carrier == "query"]
    in_headers = [each for each in form.request if each.header]
    headers, headers_text = _make(f"{title}: use headers", in_headers, form.request)
    query, query_text = _make(f"{title}: use query", in_query, form.request)
    (token,) = [each for each in form.request if each.meaning == "access_token"]
    return Use(
        headers=headers,
        query=query,
        header_name=token.header,
        reads_body=any(rule.path for rule in form.expired),
        inputs=tuple(
            input_of(each) for each in form.request if each.value is None and each is not token
        ),
        sources={"headers": headers_text, "query": query_text},
        rules=form.expired,
    )


def given(credentials: Mapping[str, Any], meaning: str) -> str | None:
    """A credential as text; ``None`` where there is none."""
    value = credentials.get(meaning)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value).lower()
    raise ConfigurationError("cannot travel as it is", key=meaning, expected="a string or a number")


def token_value(token: str) -> str:
    """``token``, if it cannot end the header that it travels in.

    Every request pays for this look, and a token may be long: what else no header may have is left to the
    client library to find.
    """
    if not token.isascii() or "\n" in token or "\r" in token or "\0" in token:
        raise ConfigurationError(
            "cannot travel in a header", key="access_token", expected="printable ASCII"
        )
    return token


def _make(title: str, fields: Sequence[UseField], known: Sequence[UseField]) -> tuple[Show, str]:
    """The function that lists ``fields`` as they travel, some made of others; and its text."""
    code = Code(title)
    for function in (*FILTERS.values(), text_of, needs, header_value, token_value, given):
        code.name(function.__name__, function)
    cookies = [each for each in fields if each.carrier == "cookie"]
    others = [each for each in fields if each.carrier != "cookie"]
    with code.block("def show(access_token, credentials):"):
        used = {each.meaning for each in fields if each.value is None}
        used |= {name for each in fields if each.value is not None for name in each.value.names}
        for each in known:
            if each.meaning in used:
                _take(code, each)
        _list(code, "shown", [(each, f"({_name(each)!r}, {_text(each)})") for each in others])
        if cookies:
            pairs = [(each, f"{each.name + '='!r} + {_text(each)}") for each in cookies]
            _list(code, "cookies", pairs)
            with code.block("if cookies:"):
                code.line('shown.append(("Cookie", "; ".join(cookies)))')
        code.line("return shown")
    return code.function("show"), code.text


def _take(code: Code, each: UseField) -> None:
    """Lines that leave a credential in the variable of its name."""
    if each.value is not None or each.meaning == "access_token":
        return
    code.line(f"{each.variable} = given(credentials, {each.meaning!r})")
    if each.required:
        with code.block(f"if {each.variable} is None:"):
            code.line(f"raise needs({each.meaning!r})")


def _list(code: Code, target: str, items: list[tuple[UseField, str]]) -> None:
    """Lines that make the list ``target`` of the items whose fields are there."""
    sure = [item for each, item in items if each.required or each.value is not None]
    code.line(f"{target} = [{', '.join(sure)}]")
    for each, item in items:
        if item not in sure:
            with code.block(f"if {each.variable} is not None:"):
                code.line(f"{target}.append({item})")


def _name(each: UseField) -> str:
    return each.header or each.name


def _text(each: UseField) -> str:
    """The expression for what travels."""
    prefix = "Bearer " if each.carrier == "bearer" else each.prefix
    if each.value is not None and not each.value.names:
        return repr(prefix + each.value.pieces[0])
    value = each.variable
    if each.value is not None:
        value = each.value.expression(lambda name: f"text_of({name.replace('.', '_')})")
    if each.meaning == "access_token" and each.header:
        value = f"token_value({value})"
    elif each.header:
        value = f"header_value({each.meaning!r}, {value})"
    return f"{prefix!r} + {value}" if prefix else value


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
