"""Writes the lines that sign a request: assertions first, then signatures, over all that is known by then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from remint.dialect.assertion import AssertionForm
from remint.dialect.code import Code
from remint.dialect.signature import PRIVATE, SignatureForm, SortedForm, in_order, make_signature
from remint.dialect.template import FILTERS, Template, text_of
from remint.dialect.vocabulary import CallForm, RequestField

#: The fields that a carrier sends, each with the condition under which it does.
Sent = Callable[[str], list[tuple[RequestField, str]]]


def sha256_hex(data: bytes) -> str:
    """The digest of a body, as most who sign one want it."""
    return hashlib.sha256(data).hexdigest()


def host_of(base_url: str) -> str:
    """The host, with its port if it is not the usual one, as the ``Host`` header has it."""
    return urlsplit(base_url).netloc


class Signing:
    """The signed fields of one call. ``needs_body`` and ``needs_query`` say what must be made before them."""

    def __init__(self, code: Code, call: CallForm, sent: Sent) -> None:
        self.code = code
        self.call = call
        self.sent = sent
        self.fields = {field.meaning: field for field in call.request}
        self.asserted = [field for field in call.request if field.assertion is not None]
        self.signed = [field for field in call.request if field.signature is not None]
        names = {
            name for field in self.signed if field.signature for name in field.signature.names()
        }
        self.needs_body = bool(names & {"body", "body_sha256"})
        self.needs_query = "query" in names

    def __bool__(self) -> bool:
        return bool(self.asserted or self.signed)

    def write(self) -> None:
        """The lines. ``path`` and ``url`` are made already, and what ``needs_…`` says."""
        for function in (*FILTERS.values(), make_signature, in_order, text_of, sha256_hex, host_of):
            self.code.name(function.__name__, function)
        if self.asserted:
            from remint.dialect.jws import make_assertion

            self.code.name("make_assertion", make_assertion)
        for field in self.asserted:
            assert field.assertion is not None
            self._assertion(field, field.assertion)
        for field in self.signed:
            assert field.signature is not None
            for name, part in field.signature.parts.items():
                value = self._signature(field, part)
                self.code.line(f"{_part(field, name)} = {value}")
            value = self._signature(field, field.signature)
            self.code.line(f"{field.variable} = {value}")

    def _assertion(self, field: RequestField, form: AssertionForm) -> None:
        fill = partial(self._filled, field, SortedForm())
        claims = [f"{name!r}: {_claim(value, fill)}" for name, value in form.claims.items()]
        made = f"now_ms // 1000 - {form.age_seconds}" if form.age_seconds else "now_ms // 1000"
        claims += [f"'iat': {made}", f"'exp': now_ms // 1000 + {form.lifetime_seconds}"]
        if form.nbf:
            claims.append(f"'nbf': {made}")
        if form.jti:
            claims.append("'jti': make_uuid(random)")
        key_id = "''" if form.key_id is None else form.key_id.expression(fill)
        key = form.key.expression(fill)
        headers = [f"{name!r}: {_claim(value, fill)}" for name, value in form.headers.items()]
        self.code.line(
            f"{field.variable} = make_assertion({form.algorithm!r}, {key}, {key_id}, "
            f"{{{', '.join(claims)}}}, {{{', '.join(headers)}}})"
        )

    def _signature(self, field: RequestField, form: SignatureForm) -> str:
        fill = partial(self._filled, field, form.sorted)
        key = "''" if form.key is None else form.key.expression(fill)
        over = form.over.expression(fill)
        made = "make_signature"
        if form.algorithm in PRIVATE:
            from remint.dialect.jws import sign_text

            made = self.code.name("sign_text", sign_text)
        value = f"{made}({form.algorithm!r}, {key}, {over}, {form.encoding!r})"
        return f"{form.prefix!r} + {value}" if form.prefix else value

    def _filled(self, field: RequestField, order: SortedForm, name: str) -> str:
        """The expression for a placeholder of a template of ``field``."""
        places = {
            "method": repr(self.call.method),
            "path": "path",
            "url": "url",
            "base_url": "base_url.rstrip('/')",
            "host": "host_of(base_url)",
            "query": "unsigned_query",
            "body": "body.decode()",
            "body_sha256": "sha256_hex(body)",
        }
        if name == "sorted":
            return self._sorted(order)
        if name.startswith("parts."):
            return _part(field, name.removeprefix("parts."))
        # A meaning cannot be one of these words: REQUEST_MEANINGS has none of them.
        return places.get(name) or f"text_of({self.fields[name].variable})"

    def _sorted(self, order: SortedForm) -> str:
        pairs = []
        for carrier in order.carriers:
            for field, condition in self.sent(carrier):
                if field.signature is None:
                    text = f"text_of({field.variable})"
                    if condition:
                        text += f" if {condition} else None"
                    pairs.append(f"({'.'.join(field.name_in(carrier))!r}, {text})")
        return f"in_order([{', '.join(pairs)}], {order.assign!r}, {order.join!r})"


def _part(field: RequestField, name: str) -> str:
    return f"{field.variable}_part_{name}"


def _claim(value: Any, fill: Callable[[str], str]) -> str:
    if isinstance(value, Template):
        return value.expression(fill)
    if isinstance(value, list):
        return f"[{', '.join(each.expression(fill) for each in value)}]"
    return repr(value)
