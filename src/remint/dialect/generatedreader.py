"""Reads what is made anew for each request: times, nonces, signatures, assertions."""

from __future__ import annotations

from dataclasses import dataclass

from remint.dialect import assertion, signature
from remint.dialect.assertion import AssertionForm, read_assertion
from remint.dialect.dates import is_pattern, read_moment_word
from remint.dialect.signature import SignatureForm, read_signature
from remint.dialect.source import Source
from remint.dialect.table import Table, unknown
from remint.dialect.template import check_template
from remint.dialect.vocabulary import BODY_CARRIERS, GENERATORS, TIMES, RequestField

#: Keys without which a word says nothing, and the word of each.
_KEYS = {"of": "copy", "signature": "signature", "assertion": "assertion"}
#: Places of a request that hold its body.
_BODY_PLACES = frozenset({"body", "body_sha256"})


@dataclass(frozen=True)
class Generated:
    """What a field generates: the word, and what belongs to it."""

    generate: str | None
    of: str = ""
    ahead_seconds: int = 0
    length: int = 32
    signature: SignatureForm | None = None
    assertion: AssertionForm | None = None


def read_generated(table: Table) -> Generated:
    """What the request field ``table`` generates, if anything."""
    generate = read_moment_word(table, "generate", None, GENERATORS)
    if "ahead_seconds" in table and generate not in TIMES and not is_pattern(generate):
        raise table.wrong("ahead_seconds", "nothing here tells a time", 'generate = "epoch", …')
    if "length" in table and generate != "nonce":
        raise table.wrong("length", "only a nonce has one", 'generate = "nonce" as well')
    for key, word in _KEYS.items():
        if key in table and generate != word:
            raise table.wrong(key, "is not what is generated", f'generate = "{word}" as well')
        if generate == word and key not in table:
            raise table.absent(key)
    signed = generate == "signature"
    asserted = generate == "assertion"
    return Generated(
        generate=generate,
        of=table.text("of") or "",
        length=table.whole("length", 32, 1, 32) or 32,
        ahead_seconds=table.whole("ahead_seconds", 0, -(2**40), 2**40) or 0,
        signature=read_signature(table.inner("signature", "signature")) if signed else None,
        assertion=read_assertion(table.inner("assertion", "assertion")) if asserted else None,
    )


def check_generated(source: Source, fields: list[RequestField]) -> None:
    """Refuses templates over what the request does not have, or does not have yet."""
    signed = {field.meaning for field in fields if field.signature is not None}
    asserted = {field.meaning for field in fields if field.assertion is not None}
    named = [field.meaning for field in fields if field.meaning not in signed]
    given = [field.meaning for field in fields if field.generate is None]
    for field in fields:
        if field.of and field.of not in given:
            raise unknown(source, (*field.at, "of"), field.of, given, "field of this request")
        if field.assertion is not None:
            known = [each for each in named if each not in asserted] + [*assertion.PLACES]
            for template in field.assertion.templates():
                check_template(source, template, known, "field of this request")
        if field.signature is not None:
            known = [*named, *signature.PLACES]
            for template, parts in field.signature.templates():
                check_template(source, template, [*known, *parts], "field of this request")
            if _signs_itself(field, fields):
                raise source.error(
                    (*field.at, "signature"),
                    "signs a body that has a signature in it",
                    expected="another carrier, or {sorted}",
                )


def _signs_itself(field: RequestField, fields: list[RequestField]) -> bool:
    assert field.signature is not None
    in_body = any(
        each.signature is not None and BODY_CARRIERS & set(each.carriers) for each in fields
    )
    return in_body and bool(_BODY_PLACES & field.signature.names())
