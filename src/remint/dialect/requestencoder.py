"""Writes the function that turns a ``TokenRequest`` into a request to send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import msgspec

from remint.clock import Entropy
from remint.dialect.authorization import write_basic
from remint.dialect.code import Code
from remint.dialect.dates import generated_date
from remint.dialect.message import WireRequest
from remint.dialect.multipart import write_multipart
from remint.dialect.shape import Leaf, construct, make_shape
from remint.dialect.signing import Signing
from remint.dialect.vocabulary import BASIC_CARRIERS, TIMES, CallForm, RequestField
from remint.errors import ConfigurationError

Encode = Callable[..., WireRequest]

_CONTENT_TYPES = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "multipart": "multipart/form-data; boundary=",
}
_GENERATED = {
    "uuid": "make_uuid(random)",
    "nonce": "make_nonce(random)[:{length}]",
    "epoch": "{now} // 1000",
    "epoch-ms": "{now}",
    "iso8601": "iso8601({now}, 'seconds')",
    "iso8601-ms": "iso8601({now}, 'milliseconds')",
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
    raw = bytearray(random(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def make_nonce(random: Entropy) -> str:
    """128 random bits in hexadecimal."""
    return random(16).hex()


def iso8601(at_ms: int, precision: str) -> str:
    """A moment in UTC, such as ``2026-11-21T12:00:00Z``."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


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
            generated_date,
            iso8601,
            write_basic,
            write_multipart,
            quote,
            quote_plus,
        ):
            self.code.name(function.__name__, function)
        self.code.name("WireRequest", WireRequest)
        self.code.name("encode_json", msgspec.json.Encoder().encode)
        self.basic = [f for f in call.request if f.carriers[0] in BASIC_CARRIERS]
        self.fallback = bool(self.basic) and all(len(f.carriers) > 1 for f in self.basic)
        self.signing = Signing(self.code, call, self._sent)

    def write(self) -> None:
        with self.code.block("def encode(request, *, base_url, now_ms, random):"):
            if any(self._is_extra(field) for field in self.call.request):
                self.code.line("extras = request.extras or {}")
            for field in sorted(self.call.request, key=lambda each: bool(each.of)):
                self._value(field)
            if self.basic:
                given = [f"{field.variable} is not None" for field in self.basic]
                self.code.line(f"basic = {(' and ' if self.fallback else ' or ').join(given)}")
            if self.signing:
                self._sign()
            self._headers()
            self._url()
            if not self.signing.needs_body:
                self._body()
            self._content_type()
            made = f"WireRequest({self.call.method!r}, url, headers, body)"
            if self.call.hook is not None:
                hook = self.code.name("hook", self.call.hook)
                made = f"{hook}({made}, request=request, now_ms=now_ms, random=random)"
            self.code.line(f"return {made}")

    def _sign(self) -> None:
        """Lines that leave each signature in the variable of its field; for which much must be known."""
        self.code.line(f"path = {self._path()}", "url = base_url.rstrip('/') + path")
        if self.signing.needs_query:
            self._list("unsigned", "query", self._pair, signed=False)
            self.code.line("unsigned_query = '&'.join(unsigned)")
        if self.signing.needs_body:
            self._body()
        self.signing.write()

    @staticmethod
    def _is_extra(field: RequestField) -> bool:
        return bool(field.extra) and field.value is None and field.generate is None

    def _value(self, field: RequestField) -> None:
        if field.value is not None:
            self.code.line(f"{field.variable} = {field.value!r}")
            return
        if field.of:
            self.code.line(f"{field.variable} = {self._original(field).variable}")
            return
        if field.generate is not None:
            if field.signature is not None or field.assertion is not None:
                return  # is signed, and made when everything else is known
            now = f"(now_ms + {field.ahead_seconds * 1000})" if field.ahead_seconds else "now_ms"
            made = _GENERATED.get(field.generate, f"generated_date({field.generate!r}, {{now}})")
            made = made.format(now=now, length=field.length)
            if field.type == "string" and field.generate in TIMES[:2]:
                made = f"str({made})"
            self.code.line(f"{field.variable} = {made}")
            return
        source = f"extras.get({field.extra!r})" if field.extra else f"request.{field.meaning}"
        self.code.line(f"{field.variable} = {source}")
        if field.required:
            with self.code.block(f"if {field.variable} is None:"):
                self.code.line(f"raise needs({field.meaning!r})")

    def _authorize_basic(self) -> None:
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

    def _original(self, field: RequestField) -> RequestField:
        """The field that ``field`` is a copy of."""
        return next(each for each in self.call.request if each.meaning == field.of)

    def _is_certain(self, field: RequestField) -> bool:
        if field.of:
            return self._is_certain(self._original(field))
        return field.required or field.value is not None or field.generate is not None

    def _text(self, field: RequestField) -> str:
        if field.type == "string":
            return field.variable
        return f"str({field.variable}){'.lower()' if field.type == 'boolean' else ''}"

    def _list(
        self,
        target: str,
        carrier: str,
        item: Callable[[RequestField, str], str],
        signed: bool = True,
    ) -> None:
        """Lines that make the list ``target`` of what ``carrier`` carries, each as ``item`` writes it."""
        sent = [each for each in self._sent(carrier) if signed or each[0].signature is None]
        certain = ", ".join(item(field, carrier) for field, condition in sent if not condition)
        self.code.line(f"{target} = [{certain}]")
        for field, condition in sent:
            if condition:
                with self.code.block(f"if {condition}:"):
                    self.code.line(f"{target}.append({item(field, carrier)})")

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

    def _header(self, field: RequestField, carrier: str) -> str:
        return f"({field.name_in(carrier)[0]!r}, {self._header_text(field)})"

    def _cookie(self, field: RequestField, carrier: str) -> str:
        return f"{field.name_in(carrier)[0] + '='!r} + {self._header_text(field)}"

    def _header_text(self, field: RequestField) -> str:
        if field.value is not None:
            return repr(_written(field.value))
        if field.type != "string":
            return self._text(field)
        return f"header_value({field.meaning!r}, {field.variable})"

    def _part(self, field: RequestField, carrier: str) -> str:
        text = repr(_written(field.value)) if field.value is not None else self._text(field)
        return f"({field.name_in(carrier)[0]!r}, {text})"

    def _pair(self, field: RequestField, carrier: str) -> str:
        name = quote_plus(field.name_in(carrier)[0]) + "="
        if field.value is not None:
            several = field.value if isinstance(field.value, list) else [field.value]
            return repr("&".join(name + quote_plus(_written(each)) for each in several))
        return f"{name!r} + quote_plus({self._text(field)})"

    def _path(self) -> str:
        path = repr(self.call.paths[0])
        for field, _ in self._sent("path"):
            name = field.name_in("path")[0]
            path += f".replace({'{' + name + '}'!r}, quote({self._text(field)}, safe=''))"
        return path

    def _url(self) -> None:
        if not self.signing:
            self.code.line(f"url = base_url.rstrip('/') + {self._path()}")
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
            leaves = {f.name_in("json"): self._leaf(f, c) for f, c in self._sent("json")}
            body = construct(self.code, make_shape("Body", leaves), leaves)
            self.code.line(f"body = encode_json({body})")
        if self._sent("multipart"):
            self.code.line("boundary = 'remint-' + make_nonce(random)")
            self._list("parts", "multipart", self._part)
            self.code.line("body = write_multipart(parts, boundary)")

    def _content_type(self) -> None:
        if any(
            field.name_in("header")[0].lower() == "content-type"
            for field, _ in self._sent("header")
        ):
            return  # the dialect has a name of its own for what it sends
        for kind, name in _CONTENT_TYPES.items():
            if self._sent(kind):
                boundary = " + boundary" if kind == "multipart" else ""
                self.code.line(f'headers.append(("Content-Type", "{name}"{boundary}))')

    def _leaf(self, field: RequestField, condition: str) -> Leaf:
        if field in self.basic:
            return Leaf(f"({field.variable} if {condition} else None)", condition)
        return Leaf(field.variable, condition)
