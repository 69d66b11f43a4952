"""Writes the function that turns a ``Refusal`` into the dialect's own way of saying no."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from remint.dialect.answerencoder import ANSWER_HEADERS
from remint.dialect.code import Code
from remint.dialect.message import WireAnswer
from remint.dialect.vocabulary import REFUSAL_WORDS, RefusalForm
from remint.errors import Refusal

Refuse = Callable[[Refusal, str], WireAnswer]

#: Placeholders that not every refusal fills; alone in a member or element, they take it with them.
MAY_BE_EMPTY = frozenset({"where", "name"})

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def make_refusal_encoder(
    title: str, forms: dict[str, RefusalForm], kinds: dict[str, str], allow: str
) -> tuple[Refuse, str]:
    """The encoder of every refusal at one address; and its text. ``allow`` is the value of ``Allow``."""
    code = Code(title)
    code.name("encode_json", msgspec.json.Encoder().encode)
    code.name("pruned", pruned)
    code.name("WireAnswer", WireAnswer)
    code.name("KINDS", {**kinds, "": kinds["value"]})
    with code.block("def refuse(refusal, request_id):"):
        code.line(
            "code = refusal.code",
            "where = refusal.where",
            "name = refusal.name",
            "kind = KINDS.get(refusal.kind, refusal.kind)",
        )
        for form in forms.values():
            if form.code != "server_error":
                with code.block(f"if code == {form.code!r}:"):
                    _form(code, form, allow)
        # Anything that has no form of its own is a fault of ours, and the caller learns nothing about it.
        code.line('code = "server_error"')
        _form(code, forms["server_error"], allow)
    return code.function("refuse"), code.text


def pruned(value: Any) -> Any:
    """A filled template without the members and elements that were left empty (``None``)."""
    if isinstance(value, dict):
        return {key: pruned(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [pruned(inner) for inner in value if inner is not None]
    return value


def _form(code: Code, form: RefusalForm, allow: str) -> None:
    words = repr(form.description or REFUSAL_WORDS[form.code])
    if form.description is None and form.code != "server_error":
        words = f"refusal.description or {words}"
    code.line(f"description = {words}")
    for kind, text in form.descriptions.items():
        with code.block(f"if refusal.kind == {kind!r}:"):
            code.line(f"description = {text!r}")
    body = _template(form.body)
    code.line(f"body = encode_json({f'pruned({body})' if ' or None' in body else body})")
    headers = [*ANSWER_HEADERS]
    if form.code == "method_not_allowed":
        headers.append((b"allow", allow.encode()))
    headers += [(name.lower().encode(), text.encode()) for name, text in form.headers.items()]
    listed = ", ".join(repr(header) for header in headers)
    code.line(f'headers = [{listed}, (b"content-length", b"%d" % len(body))]')
    with code.block("if refusal.retry_after_seconds is not None:"):
        code.line('headers.append((b"retry-after", b"%d" % refusal.retry_after_seconds))')
    code.line(f"return WireAnswer({form.status}, headers, body)")


def _template(template: Any) -> str:
    """The expression that fills ``template``; what may turn out empty says ``or None``."""
    if isinstance(template, dict):
        return "{" + ", ".join(f"{key!r}: {_template(v)}" for key, v in template.items()) + "}"
    if isinstance(template, list):
        return "[" + ", ".join(_template(value) for value in template) + "]"
    if not isinstance(template, str):
        return repr(template)
    parts = _PLACEHOLDER.split(template)
    if len(parts) == 1:
        return repr(template)
    if parts[0] == parts[2] == "" and len(parts) == 3:
        return f"{parts[1]} or None" if parts[1] in MAY_BE_EMPTY else parts[1]
    return " + ".join(part if index % 2 else repr(part) for index, part in enumerate(parts) if part)
