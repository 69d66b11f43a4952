"""Writes the function that reads a request: from path, query, headers and body to a ``TokenRequest``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from remint.dialect import (
    authorization,
    cookie,
    fault,
    jsonbody,
    mediatype,
    multipart,
    text,
    urlencoded,
)
from remint.dialect.code import Code
from remint.dialect.fault import WHERE, Parameter
from remint.dialect.message import TokenRequest
from remint.dialect.shape import Shape, make_shape
from remint.dialect.vocabulary import (
    BASIC_CARRIERS,
    BODY_CARRIERS,
    INTEGER_BOUNDS,
    CallForm,
    RequestField,
)

Decode = Callable[[str, bytes, list[tuple[bytes, bytes]], bytes], TokenRequest]

_RUNTIME = (
    *(
        fault.absent,
        fault.contradicted,
        fault.doubled,
        fault.not_the_constant,
        fault.unsupported,
        fault.bad_message,
    ),
    *(text.check_text, text.wrong_header, text.json_text, text.header_integer, text.text_integer),
    *(text.json_integer, text.text_boolean, text.json_boolean),
    *(authorization.read_basic, authorization.read_bearer),
    *(urlencoded.read_pairs, multipart.read_multipart, jsonbody.unreadable, jsonbody.look_closer),
    *(mediatype.body_kind, cookie.read_cookies),
)
_BACKSLASH = 'b"\\\\" in body'
#: Where a value that travels as text is found, once its carrier has been read.
_FOUND_IN = {
    "query": "pairs",
    "form": "form",
    "multipart": "form",
    "cookie": "cookies",
    "path": "place",
}


def make_request_decoder(title: str, calls: tuple[CallForm, ...]) -> tuple[Decode, str]:
    """The decoder of one address, where ``calls`` are offered; and its text.

    All of the calls find their grant type at the same place (the loader saw to it).
    """
    writer = _Writer(title, calls)
    writer.write()
    return writer.code.function("decode"), writer.code.text


class _Writer:
    def __init__(self, title: str, calls: tuple[CallForm, ...]) -> None:
        self.calls = calls
        self.code = Code(title)
        self.fields = [field for call in calls for field in call.request if _is_read(field)]
        self.carriers = {carrier for field in self.fields for carrier in field.carriers}
        self.shape: Shape | None = None
        for function in _RUNTIME:
            self.code.name(function.__name__, function)
        self.code.name("TokenRequest", TokenRequest)

    def write(self) -> None:
        with self.code.block("def decode(path, query, headers, body):"):
            self._headers()
            self._path()
            if "query" in self.carriers:
                known = self._known("query")
                self.code.line(f'pairs = read_pairs(query, {known}, "query") if query else {{}}')
            if "cookie" in self.carriers:
                known = self._known("cookie")
                self.code.line(
                    'raw_cookies = header.get(b"cookie")',
                    f"cookies = read_cookies(raw_cookies, {known}) if raw_cookies else {{}}",
                )
            self._authorization()
            self._body()
            self._dispatch()

    def _parameter(self, field: RequestField, carrier: str) -> str:
        """The name of the constant that describes ``field`` in ``carrier`` to the fault words."""
        return self.code.name(
            f"{field.variable}_in_{carrier}".upper().replace("-", "_"), parameter_of(field, carrier)
        )

    def _each(self, *carriers: str) -> Iterable[tuple[RequestField, str]]:
        for field in self.fields:
            for carrier in field.carriers:
                if carrier in carriers:
                    yield field, carrier

    def _known(self, carrier: str) -> str:
        """The name of a dict from wire name to parameter, for one carrier; of nested JSON, every step."""
        known = {
            step: msgspec.structs.replace(parameter_of(field, carrier), name=step)
            for field, carrier in self._each(carrier)
            for step in field.name_in(carrier)
        }
        return self.code.name(f"{carrier}_parameters".upper(), known)

    def _headers(self) -> None:
        known = {
            field.name_in(carrier)[0].lower().encode(): parameter_of(field, carrier)
            for field, carrier in self._each("header")
        }
        for name, used in (
            ("Authorization", self.carriers & {"bearer", *BASIC_CARRIERS}),
            ("Content-Type", self.carriers & BODY_CARRIERS),
            ("Cookie", self.carriers & {"cookie"}),
        ):
            if used:
                known.setdefault(name.lower().encode(), _header_parameter(name))
        if not known:
            return
        self.code.name("HEADER_PARAMETERS", known)
        self.code.name("refuse_doubled_headers", refuse_doubled_headers)
        self.code.line("header = dict(headers)")
        with self.code.block("if len(header) != len(headers):"):
            self.code.line("refuse_doubled_headers(headers, HEADER_PARAMETERS)")

    def _path(self) -> None:
        if "path" not in self.carriers:
            return
        self.code.name("PATH", path_pattern(self.calls[0].paths[0]))
        self.code.line("place = PATH.fullmatch(path)")
        with self.code.block("if place is None:"):
            self.code.line(
                'raise bad_message("path", "syntax", "The path is not one of this call.")'
            )
        self.code.line("place = place.groupdict()")

    def _authorization(self) -> None:
        if "bearer" in self.carriers:
            field, _ = next(iter(self._each("bearer")))
            name = self._parameter(field, "bearer")
            self.code.line('bearer = header.get(b"authorization")')
            with self.code.block("if bearer is not None:"):
                self.code.line(f"bearer = read_bearer({name}, bearer) or None")
        basic = {carrier: field for field, carrier in self._each(*BASIC_CARRIERS)}
        if not basic:
            return
        first = next(iter(basic.values()))
        parameter = msgspec.structs.replace(_header_parameter("Authorization"), code=first.refuse)
        self.code.name("BASIC", parameter)
        self.code.line("basic_user = basic_password = None", 'basic = header.get(b"authorization")')
        with self.code.block("if basic is not None:"):
            self.code.line(
                f"basic_user, basic_password = read_basic(BASIC, basic, {first.escaped})"
            )
            for carrier in sorted(BASIC_CARRIERS):
                variable = carrier.replace("-", "_")
                test = f"if {'not ' if carrier in basic else ''}{variable}:"
                with self.code.block(test):
                    self.code.line(
                        "raise absent(BASIC)" if carrier in basic else "raise doubled(BASIC)"
                    )

    def _body(self) -> None:
        kinds = tuple(dict.fromkeys(carrier for _, carrier in self._each(*BODY_CARRIERS)))
        if not kinds:
            return
        self.code.name("BODY_KINDS", kinds)
        if "json" in kinds:
            paths = [field.name_in("json") for field, _ in self._each("json")]
            self.shape = make_shape("Body", paths)
            self.code.name("Body", self.shape.struct)
            self.code.name("EMPTY", self.shape.struct())
            self.code.line("message = EMPTY")
        if {"form", "multipart"} & set(kinds):
            self.code.line("form = {}")
        with self.code.block("if body:"):
            self.code.line('content_type = header.get(b"content-type")')
            if len(kinds) == 1:
                common = {each for each, kind in mediatype.COMMON.items() if kind == kinds[0]}
                with self.code.block(
                    f"if content_type not in {self.code.name('COMMON_TYPES', frozenset(common))}:"
                ):
                    self.code.line("body_kind(content_type, BODY_KINDS)")
                self._read_body(kinds[0])
            else:
                self.code.line("kind = body_kind(content_type, BODY_KINDS)")
                for kind in kinds:
                    with self.code.block(f"if kind == {kind!r}:"):
                        self._read_body(kind)

    def _read_body(self, kind: str) -> None:
        if kind == "form":
            self.code.line(f'form = read_pairs(body, {self._known("form")}, "body")')
            return
        if kind == "multipart":
            self.code.line(f"form = read_multipart(body, content_type, {self._known(kind)})")
            return
        assert self.shape is not None
        self.code.name("decode_body", msgspec.json.Decoder(self.shape.struct).decode)
        self.code.name("UNREADABLE", jsonbody.UNREADABLE)
        names = sorted(self.shape.names())
        quoted = {name: msgspec.json.encode(name) for name in names}
        self.code.name("QUOTED", tuple(quoted.values()))
        with self.code.block("try:"):
            self.code.line("message = decode_body(body)")
        with self.code.block("except UNREADABLE as error:"):
            self.code.line(f"raise unreadable(error, {self._known('json')}) from None")
        doubts = [f"body.count({quoted[name]!r}) > {self._expected(name)}" for name in names]
        with self.code.block(f"if {' or '.join(['not body.isascii()', _BACKSLASH, *doubts])}:"):
            self.code.line(f"look_closer(body, {self._known('json')}, QUOTED)")

    def _expected(self, name: str) -> int:
        """How often the quoted ``name`` stands in a body that is as it should be: also as a constant."""
        if len(self.calls) > 1:
            return 1
        return 1 + sum(bool(field.value == name) for field, _ in self._each("json"))

    def _dispatch(self) -> None:
        dispatch = self.calls[0].dispatch
        if dispatch is None:
            self._call(self.calls[0])
            return
        self._field(dispatch)
        for call in self.calls:
            assert call.dispatch is not None
            with self.code.block(f"if grant_type == {call.dispatch.value!r}:"):
                self._call(call)
        self.code.line(f"raise unsupported({self._parameter(dispatch, dispatch.carriers[0])})")

    def _call(self, call: CallForm) -> None:
        fields = [f for f in call.request if _is_read(f) and f.meaning != "grant_type"]
        for field in fields:
            self._field(field)
        told = [field for field in fields if field.value is None and field.generate is None]
        extras = [field for field in told if field.extra]
        if extras:
            members = ", ".join(f"{field.extra!r}: {field.variable}" for field in extras)
            self.code.line(f"extras = {{{members}}}")
            if not all(field.required for field in extras):
                self.code.line(
                    "extras = {k: v for k, v in extras.items() if v is not None} or None"
                )
        given = [f"{f.meaning}={f.variable}" for f in told if not f.extra]
        given += ["extras=extras"] * bool(extras)
        self.code.line(f"return TokenRequest({', '.join([repr(call.grant), *given])})")

    def _field(self, field: RequestField) -> None:
        """Lines that leave the field's value, checked, in the variable of its name."""
        variable = field.variable
        first = self._parameter(field, field.carriers[0])
        for index, carrier in enumerate(field.carriers):
            name = variable if index == 0 else f"other_{variable}"
            self._fetch(field, carrier, name)
            if len(field.carriers) == 1 and field.required:
                self._refuse_absent(variable, first)
                self._check(field, carrier, name)
                continue
            with self.code.block(f"if {name} is not None:"):
                self._check(field, carrier, name)
                if index:
                    same = f" and {variable} != {name}" if field.repeats else ""
                    with self.code.block(f"if {variable} is not None{same}:"):
                        self.code.line(f"raise contradicted({self._parameter(field, carrier)})")
                    self.code.line(f"{variable} = {name}")
        if len(field.carriers) > 1 and field.required:
            self._refuse_absent(variable, first)
        if field.value is not None and field.meaning != "grant_type":
            test = f"{variable} != {field.value!r}"
            if not field.required:
                test = f"{variable} is not None and {test}"
            with self.code.block(f"if {test}:"):
                self.code.line(f"raise not_the_constant({first})")

    def _refuse_absent(self, variable: str, parameter: str) -> None:
        with self.code.block(f"if {variable} is None:"):
            self.code.line(f"raise absent({parameter})")

    def _fetch(self, field: RequestField, carrier: str, variable: str) -> None:
        # Empty counts as absent (RFC 6749 §3.2), unless the dialect has a word for values that cannot be.
        none = "" if field.judges_empty else " or None"
        if carrier in _FOUND_IN:
            name = field.name_in(carrier)[0]
            self.code.line(f"{variable} = {_FOUND_IN[carrier]}.get({name!r}){none}")
        elif carrier == "header":
            name = field.name_in(carrier)[0].lower()
            self.code.line(f"{variable} = header.get({name.encode()!r})")
            # Not every server takes off the blanks that may follow a header's value (RFC 9110 §5.5).
            with self.code.block(f"if {variable} is not None:"):
                self.code.line(f"{variable} = {variable}.rstrip(b' \\t'){none}")
        elif carrier == "json":
            assert self.shape is not None
            attribute = self.shape.attribute(field.name_in("json"))
            self.code.line(f"{variable} = message.{attribute}")
            if none:
                with self.code.block(f'if {variable} == "":'):
                    self.code.line(f"{variable} = None")
        else:
            self.code.line(f"{variable} = {carrier.replace('-', '_')}")

    def _check(self, field: RequestField, carrier: str, variable: str) -> None:
        parameter = self._parameter(field, carrier)
        form = {"header": "header", "bearer": "header", "json": "json"}.get(carrier, "text")
        if field.type == "boolean":
            if form == "header":
                self.code.line(f'{variable} = {variable}.decode("latin-1")')
                form = "text"
            self.code.line(f"{variable} = {form}_boolean({parameter}, {variable})")
        elif field.type in INTEGER_BOUNDS:
            low, high = INTEGER_BOUNDS[field.type]
            self.code.line(f"{variable} = {form}_integer({parameter}, {variable}, {low}, {high})")
        elif form == "header":
            self.code.line(f'{variable} = {variable}.decode("latin-1")')
            fits = f"{field.min_length} <= len({variable}) <= {field.max_length}"
            doubt = f"not {fits} or not {variable}.isascii() or not {variable}.isprintable()"
            with self.code.block(f"if {doubt}:"):
                self.code.line(f"raise wrong_header({parameter}, {variable})")
        else:
            fits = f"{field.min_length} <= len({variable}) <= {field.max_length}"
            doubt = f"not {fits} or not {variable}.isprintable()"
            if form == "json":
                doubt = f"{variable}.__class__ is not str or {doubt}"
            with self.code.block(f"if {doubt}:"):
                checker = "json_text" if form == "json" else "check_text"
                self.code.line(f"{checker}({parameter}, {variable})")


def refuse_doubled_headers(
    headers: list[tuple[bytes, bytes]], known: dict[bytes, Parameter]
) -> None:
    """Refuses a header that the dialect reads and that came more than once."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in known:
            if name in seen:
                raise fault.doubled(known[name])
            seen.add(name)


def path_pattern(path: str) -> re.Pattern[str]:
    """A pattern for ``path``; each placeholder is a group of its name."""
    parts = re.split(r"\{([a-z_]+)\}", path)
    return re.compile(
        "".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(parts))
    )


def parameter_of(field: RequestField, carrier: str) -> Parameter:
    """What the fault words need to know of ``field`` in ``carrier``."""
    authorization_header = carrier in {"bearer", *BASIC_CARRIERS}
    return Parameter(
        "Authorization" if authorization_header else field.name_in(carrier)[-1],
        WHERE[carrier],
        field.refuse,
        field.min_length,
        field.max_length,
        field.missing,
        field.unfit,
        "credentials" if field.meaning in ("username", "password") else "",
    )


def _header_parameter(name: str) -> Parameter:
    return Parameter(name, "header", "invalid_request", 1, 4096)


def _is_read(field: RequestField) -> bool:
    return "nowhere" not in field.carriers and (field.value is None or field.check)
