"""Reads what is made anew for each request: times, nonces, signatures, assertions."""

from __future__ import annotations

from remint.dialect import assertion, signature
from remint.dialect.source import Source
from remint.dialect.table import Table
from remint.dialect.template import check_template
from remint.dialect.vocabulary import BODY_CARRIERS, GENERATORS, TIMES, RequestField

_TABLES = ("signature", "assertion")
#: Places of a request that hold its body.
_BODY_PLACES = frozenset({"body", "body_sha256"})


def read_generated(
    table: Table,
) -> tuple[str | None, int, signature.SignatureForm | None, assertion.AssertionForm | None]:
    """What a field generates: the word, how far ahead a time is, and how it is signed."""
    generate = table.choice("generate", None, GENERATORS)
    ahead = table.whole("ahead_seconds", 0, -(2**40), 2**40) or 0
    if "ahead_seconds" in table and generate not in TIMES:
        raise table.wrong("ahead_seconds", "nothing here tells a time", 'generate = "epoch", …')
    for key in _TABLES:
        if key in table and generate != key:
            raise table.wrong(key, "is not what is generated", f'generate = "{key}" as well')
        if generate == key and key not in table:
            raise table.absent(key)
    signed = table.inner("signature", "signature") if generate == "signature" else None
    asserted = table.inner("assertion", "assertion") if generate == "assertion" else None
    return (
        generate,
        ahead,
        None if signed is None else signature.read_signature(signed),
        None if asserted is None else assertion.read_assertion(asserted),
    )


def check_generated(source: Source, fields: list[RequestField]) -> None:
    """Refuses templates over what the request does not have, or does not have yet."""
    signed = {field.meaning for field in fields if field.signature is not None}
    asserted = {field.meaning for field in fields if field.assertion is not None}
    named = [field.meaning for field in fields if field.meaning not in signed]
    for field in fields:
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
