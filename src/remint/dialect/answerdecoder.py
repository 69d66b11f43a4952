"""Writes the function that reads a provider's answer: a ``TokenAnswer``, or a ``Refusal`` raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from remint.dialect.answerbody import UNREADABLE, parse_body, read_form, read_token
from remint.dialect.answerheaders import cookie_of, header_of
from remint.dialect.answerplaces import leaf_of
from remint.dialect.code import Code, identifier
from remint.dialect.dates import next_daily
from remint.dialect.failure import dig, failed, make_recogniser, same
from remint.dialect.formats import expiry_of, format_of
from remint.dialect.hook import Hook
from remint.dialect.message import TokenAnswer
from remint.dialect.shape import make_shape
from remint.dialect.vocabulary import AnswerField, AnswerForm, DialectForm, Since
from remint.errors import Refusal

Decode = Callable[..., TokenAnswer]

#: For formats that seldom need a conversion: when a value has to be looked at more closely.
_TEXT = "{0}.__class__ is not str or not {0}"
_NUMBER = "{0}.__class__ is not int or not 0 <= {0} < 0x7fffffffffffffff"
_PLAIN = {
    ("string",): _TEXT,
    ("space",): _TEXT,
    ("comma", "space"): _TEXT + " or ',' in {0}",
    ("list", "space"): _TEXT,
    ("seconds",): _NUMBER,
    ("seconds-text", "seconds"): _NUMBER,
    ("epoch",): _NUMBER,
}


def make_answer_decoder(
    title: str, form: DialectForm, answer: AnswerForm, hook: Hook | None = None
) -> tuple[Decode, str]:
    """The decoder of one call's answers; and its text."""
    code = Code(title)
    code.name("PREFIX", answer.prefix.encode())
    code.name("recognise", make_recogniser(form))
    code.name("RULES", form.failures)
    reader = _Reader(code, answer)
    for thing in (failed, parse_body, not_understood, understood, dig, same, TokenAnswer):
        code.name(thing.__name__, thing)
    kind = "" if answer.body == "json" else f", {answer.body!r}"
    parsed = f"parse_body(answer, PREFIX{kind})"
    with code.block("def decode(answer, *, now_ms):"):
        if hook is not None:
            code.line(f"answer = {code.name('hook', hook)}(answer)")
        with code.block(f"if answer.status not in {(answer.status, *answer.also_statuses)}:"):
            code.line(f"raise recognise(answer, {parsed}, now_ms)")
        if form.failures:
            code.line(f"failure = failed(RULES, answer, {parsed}, now_ms)")
            with code.block("if failure is not None:"):
                code.line("raise failure")
        reader.read_body()
        # What a token says of itself is known once the token is.
        for field in sorted(answer.fields, key=lambda each: each.format == "jwt"):
            reader.value(field)
        if answer.extends:
            reader.extend()
        _construct(code, answer)
    return code.function("decode"), code.text


def understood(value: Any, read: Callable[[Any], Any], name: str, required: bool) -> Any:
    """``value`` as ``read`` reads it. Null and the empty string are no value: ``None``, where it may be."""
    if value is None or value == "":
        if required:
            raise not_understood(name)
        return None
    try:
        return read(value)
    except (ValueError, OverflowError):
        raise not_understood(name) from None


def not_understood(name: str) -> Refusal:
    """The provider says that all is well, and yet the answer is not what the dialect promises."""
    return Refusal(
        "server_error",
        f"The provider's answer has no {name} that can be read.",
        where="body",
        name=name,
        kind="value",
        outcome="later",
    )


def read_any(readers: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    """A reader that tries several in turn."""

    def read(value: Any) -> Any:
        for reader in readers[:-1]:
            try:
                return reader(value)
            except (ValueError, OverflowError):
                continue
        return readers[-1](value)

    return read


class _Reader:
    """Writes the lines that take an answer's values out of its body."""

    def __init__(self, code: Code, answer: AnswerForm) -> None:
        self.code = code
        self.answer = answer
        # Whoever answers without a token has to say at least that all is well.
        inside = [f for f in answer.fields if f.name and f.carrier == "body"]
        named = [field.name for field in inside if field.value is None or answer.extends]
        named += [field.since.name for field in answer.fields if field.since is not None]
        self.is_read = bool(named)
        leaves = [leaf_of(name) for name in named]
        # An array at the top has no members that a struct could have.
        self.is_array = () in leaves
        self.shape = make_shape("Answer", [] if self.is_array else leaves)

    def read_body(self) -> None:
        """Lines that leave the readable body in ``message``."""
        if not self.is_read:
            return
        code, kind = self.code, self.answer.body
        decode = msgspec.json.Decoder(Any if self.is_array else self.shape.struct).decode
        readers: dict[str, Any] = {"json": decode, "form": read_form, "text": read_token}
        code.name(f"decode_{kind}", readers[kind])
        code.name("UNREADABLE", UNREADABLE)
        with code.block("try:"):
            stripped = "answer.body.removeprefix(PREFIX)" if self.answer.prefix else "answer.body"
            code.line(f"message = decode_{kind}({stripped})")
        with code.block("except UNREADABLE:"):
            code.line('raise not_understood("body") from None')

    def value(self, field: AnswerField) -> None:
        """Lines that leave the field's inner value in the variable of its name."""
        variable = field.variable
        if field.value is not None:
            self.code.line(f"{variable} = {field.value!r}")
            if field.since is not None:
                self._since(field, field.since)
            return
        if field.daily is not None:
            daily = self.code.name("next_daily", next_daily)
            self.code.line(f"{variable} = {daily}({field.daily}, now_ms)")
            return
        if field.format == "jwt":
            self._expiry_of_token(field)
            return
        # The other formats come first: the main one may accept, and misread, what they understand.
        formats = (*field.also, field.format)
        name = ".".join(map(str, field.name))
        self.code.line(f"{variable} = {self._found(field)}")
        line = f"{variable} = understood({variable}, {self._read(formats)}, {name!r}, {field.required})"
        doubt = _PLAIN.get(formats)
        if doubt is None:
            self.code.line(line)
        else:
            some = "" if field.required else f"{variable} is not None and "
            with self.code.block(f"if {some}({doubt.format(variable)}):"):
                self.code.line(line)
        if field.default is not None:
            with self.code.block(f"if {variable} is None:"):
                self.code.line(f"{variable} = {field.default!r}")
        if field.since is not None:
            self._since(field, field.since)

    def extend(self) -> None:
        """Lines that refuse an answer without the constants that make it a success."""
        for field in self.answer.fields:
            if field.value is not None and field.name:
                with self.code.block(f"if not same({self._at(field.name)}, {field.value!r}):"):
                    self.code.line(f"raise not_understood({'.'.join(map(str, field.name))!r})")
        self.code.line("access_token = ''")

    def _found(self, field: AnswerField) -> str:
        """The expression for what the wire has of a field."""
        if field.carrier == "body":
            return self._at(field.name)
        name, *attribute = map(str, field.name)
        if field.carrier == "header":
            header = self.code.name("header_of", header_of)
            return f"{header}(answer, {name.lower().encode()!r}, {field.prefix!r})"
        cookie = self.code.name("cookie_of", cookie_of)
        return f"{cookie}(answer, {name!r}, {''.join(attribute).lower()!r})"

    def _at(self, name: tuple[str | int, ...]) -> str:
        """The expression for what stands at ``name``; ``None`` where nothing does."""
        if self.answer.body == "form":
            return f"message.get({name[0]!r})"
        if self.answer.body == "text":
            return "message"
        leaf = leaf_of(name)
        if self.is_array:
            return f"dig(message, {name!r})"
        found = f"message.{self.shape.attribute(leaf)}"
        return found if leaf == name else f"dig({found}, {name[len(leaf) :]!r})"

    def _read(self, formats: tuple[str, ...]) -> str:
        readers = tuple(format_of(each).read for each in formats)
        return self.code.name(
            identifier(f"read_{'_or_'.join(formats)}"),
            readers[0] if len(readers) == 1 else read_any(readers),
        )

    def _since(self, field: AnswerField, since: Since) -> None:
        name = ".".join(map(str, since.name))
        read = self._read((since.format,))
        self.code.line(
            f"since_{field.variable} = "
            f"understood({self._at(since.name)}, {read}, {name!r}, {field.required})"
        )

    def _expiry_of_token(self, field: AnswerField) -> None:
        token = field.meaning.replace("expires_at", "token")
        self.code.name("expiry_of", expiry_of)
        self.code.line(f"{field.variable} = expiry_of({token})")
        if field.required:
            with self.code.block(f"if {field.variable} is None:"):
                self.code.line(f"raise not_understood('{token}.exp')")


def _construct(code: Code, answer: AnswerForm) -> None:
    has = {field.meaning: field for field in answer.fields}
    if "access_expires_at" not in has and "expires_in" in has:
        start = _start(has["expires_in"])
        code.line(_unless_none("access_expires_at", "expires_in", f"{start} + expires_in"))
        if has["expires_in"].since is not None:
            left = "max(0, access_expires_at - now_ms // 1000)"
            code.line(_unless_none("expires_in", "access_expires_at", left))
    if "expires_in" not in has and "access_expires_at" in has:
        left = "max(0, access_expires_at - now_ms // 1000)"
        code.line(_unless_none("expires_in", "access_expires_at", left))
    if "refresh_expires_at" not in has and "refresh_expires_in" in has:
        at = f"{_start(has['refresh_expires_in'])} + refresh_expires_in"
        code.line(_unless_none("refresh_expires_at", "refresh_expires_in", at))
    extras = [field for field in answer.fields if field.extra and field.value is None]
    if extras:
        members = ", ".join(f"{field.extra!r}: {field.variable}" for field in extras)
        code.line(f"extras = {{{members}}}")
        if not all(field.required for field in extras):
            code.line("extras = {k: v for k, v in extras.items() if v is not None} or None")
    if "token_type" in has:
        code.line('token_type = token_type or "Bearer"')
    if answer.extends:
        has |= {"access_token": answer.fields[0]}
    known = [name for name in TokenAnswer.__struct_fields__ if _is_known(name, set(has))]
    known += ["extras"] * bool(extras)
    code.line(f"return TokenAnswer({', '.join(f'{name}={name}' for name in known)})")


def _is_known(name: str, given: set[str]) -> bool:
    expiry = {"expires_in", "access_expires_at"}
    if name in expiry:
        return bool(expiry & given)
    if name == "refresh_expires_at":
        return bool({"refresh_expires_at", "refresh_expires_in"} & given)
    return name in given


def _start(field: AnswerField) -> str:
    """From when a span is counted; from now where the answer leaves out the moment that it may leave out."""
    if field.since is None:
        return "now_ms // 1000"
    since = f"since_{field.variable}"
    return since if field.required else f"(now_ms // 1000 if {since} is None else {since})"


def _unless_none(target: str, source: str, value: str) -> str:
    return f"{target} = None if {source} is None else {value}"
