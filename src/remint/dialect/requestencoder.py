"""Writes the function that turns a ``TokenRequest`` into a request to send."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import msgspec

from remint.clock import Entropy
from remint.dialect.authorization import write_basic
from remint.dialect.code import Code
from remint.dialect.message import WireRequest
from remint.dialect.shape import Leaf, construct, make_shape
from remint.dialect.vocabulary import BASIC_CARRIERS, CallForm, RequestField
from remint.errors import ConfigurationError

Encode = Callable[..., WireRequest]

_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
_GENERATED = {
    "uuid": "make_uuid(random)",
    "nonce": "make_nonce(random)",
    "epoch": "now_ms // 1000",
    "epoch-ms": "now_ms",
}


def make_request_encoder(title: str, call: CallForm) -> tuple[Encode, str]:
    """The encoder of one call; and its text."""
    writer = _Writer(title, call)
    writer.write()
    return writer.code.function("encode"), writer.code.text


def needs(meaning: str) -> ConfigurationError:
    """The dialect always sends something that this request does not have."""
    return ConfigurationError("this request has none", key=meaning, expected="a value to send")


def header_value(meaning: str, value: str) -> str:
    """``value``, if a header can carry it (RFC 9110 §5.5)."""
    if not value.isascii() or not value.isprintable() or value != value.strip(" "):
        raise ConfigurationError(
            "cannot travel in a header", key=meaning, expected="printable ASCII"
        )
    return value


def make_uuid(random: Entropy) -> str:
    """A random UUID (RFC 9562 §5.4)."""
    return str(uuid.UUID(bytes=random(16), version=4))


def make_nonce(random: Entropy) -> str:
    """128 random bits in hexadecimal."""
    return random(16).hex()


def _written(value: str | int | bool) -> str:
    """A constant as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Writer:
    def __init__(self, title: str, call: CallForm) -> None:
        self.call = call
        self.code = Code(title)
        for function in (
            needs,
            header_value,
            make_uuid,
            make_nonce,
            write_basic,
            quote,
            quote_plus,
        ):
            self.code.name(function.__name__, function)
        self.code.name("WireRequest", WireRequest)
        self.code.name("encode_json", msgspec.json.Encoder().encode)
        self.basic = [f for f in call.request if f.carriers[0] in BASIC_CARRIERS]
        self.fallback = bool(self.basic) and all(len(f.carriers) > 1 for f in self.basic)

    def write(self) -> None:
        with self.code.block("def encode(request, *, base_url, now_ms, random):"):
            if any(self._is_extra(field) for field in self.call.request):
                self.code.line("extras = request.extras or {}")
            for field in self.call.request:
                self._value(field)
            self._headers()
            self._url()
            self._body()
            self.code.line(f"return WireRequest({self.call.method!r}, url, headers, body)")

    @staticmethod
    def _is_extra(field: RequestField) -> bool:
        return bool(field.extra) and field.value is None and field.generate is None

    def _value(self, field: RequestField) -> None:
        if field.value is not None:
            self.code.line(f"{field.variable} = {field.value!r}")
            return
        if field.generate is not None:
            made = _GENERATED[field.generate]
            if field.type == "string" and field.generate.startswith("epoch"):
                made = f"str({made})"
            self.code.line(f"{field.variable} = {made}")
            return
        source = f"extras.get({field.extra!r})" if field.extra else f"request.{field.meaning}"
        self.code.line(f"{field.variable} = {source}")
        if field.required:
            with self.code.block(f"if {field.variable} is None:"):
                self.code.line(f"raise needs({field.meaning!r})")

    def _authorize_basic(self) -> None:
        given = [f"{field.variable} is not None" for field in self.basic]
        self.code.line(f"basic = {(' and ' if self.fallback else ' or ').join(given)}")
        parts = {field.carriers[0]: field for field in self.basic}
        user, password = (
            f"{parts[carrier].variable} or ''" if carrier in parts else "''"
            for carrier in ("basic-user", "basic-password")
        )
        with self.code.block("if basic:"):
            value = f"write_basic({user}, {password}, {self.basic[0].escaped})"
            self.code.line(f'headers.append(("Authorization", {value}))')

    def _sent(self, carrier: str) -> list[tuple[RequestField, str]]:
        """The fields that go out in ``carrier``, each with the condition under which it does."""
        found = []
        for field in self.call.request:
            condition = "" if self._is_certain(field) else f"{field.variable} is not None"
            if field in self.basic:
                if not self.fallback or field.carriers[1] != carrier:
                    continue
                condition = f"not basic and {field.variable} is not None"
            elif field.carriers[0] != carrier:
                continue
            found.append((field, condition))
        return found

    @staticmethod
    def _is_certain(field: RequestField) -> bool:
        return field.required or field.value is not None or field.generate is not None

    def _text(self, field: RequestField) -> str:
        if field.type == "string":
            return field.variable
        return f"str({field.variable}){'.lower()' if field.type == 'boolean' else ''}"

    def _list(self, target: str, carrier: str, item: Callable[[RequestField], str]) -> None:
        """Lines that make the list ``target`` of what ``carrier`` carries, each as ``item`` writes it."""
        sent = self._sent(carrier)
        certain = ", ".join(item(field) for field, condition in sent if not condition)
        self.code.line(f"{target} = [{certain}]")
        for field, condition in sent:
            if condition:
                with self.code.block(f"if {condition}:"):
                    self.code.line(f"{target}.append({item(field)})")

    def _headers(self) -> None:
        self._list("headers", "header", self._header)
        if self.basic:
            self._authorize_basic()
        for field, condition in self._sent("bearer"):
            with self.code.block(f"if {condition or True}:"):
                value = f"'Bearer ' + header_value({field.meaning!r}, {field.variable})"
                self.code.line(f'headers.append(("Authorization", {value}))')
        if self._sent("cookie"):
            self._list("cookies", "cookie", self._cookie)
            with self.code.block("if cookies:"):
                self.code.line('headers.append(("Cookie", "; ".join(cookies)))')

    def _header(self, field: RequestField) -> str:
        return f"({field.name[0]!r}, {self._header_text(field)})"

    def _cookie(self, field: RequestField) -> str:
        return f"{field.name[0] + '='!r} + {self._header_text(field)}"

    def _header_text(self, field: RequestField) -> str:
        if field.value is not None:
            return repr(_written(field.value))
        if field.type != "string":
            return self._text(field)
        return f"header_value({field.meaning!r}, {field.variable})"

    def _pair(self, field: RequestField) -> str:
        name = quote_plus(field.name[0]) + "="
        if field.value is not None:
            return repr(name + quote_plus(_written(field.value)))
        return f"{name!r} + quote_plus({self._text(field)})"

    def _url(self) -> None:
        path = repr(self.call.paths[0])
        for field, _ in self._sent("path"):
            path += f".replace({'{' + field.name[0] + '}'!r}, quote({self._text(field)}, safe=''))"
        self.code.line(f"url = base_url.rstrip('/') + {path}")
        if self._sent("query"):
            self._list("query", "query", self._pair)
            with self.code.block("if query:"):
                self.code.line("url += '?' + '&'.join(query)")

    def _body(self) -> None:
        self.code.line("body = b''")
        if self._sent("form"):
            self._list("form", "form", self._pair)
            self.code.line("body = '&'.join(form).encode()")
        if self._sent("json"):
            leaves = {field.name: self._leaf(field, c) for field, c in self._sent("json")}
            body = construct(self.code, make_shape("Body", leaves), leaves)
            self.code.line(f"body = encode_json({body})")
        for kind in ("form", "json"):
            if self._sent(kind):
                self.code.line(f'headers.append(("Content-Type", "{_CONTENT_TYPES[kind]}"))')

    def _leaf(self, field: RequestField, condition: str) -> Leaf:
        if field in self.basic:
            return Leaf(f"({field.variable} if {condition} else None)", condition)
        return Leaf(field.variable, condition)
