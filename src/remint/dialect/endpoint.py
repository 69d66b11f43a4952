"""The serving side of a dialect: one address, where one or more grant types are offered."""

from __future__ import annotations

from dataclasses import dataclass, field

from remint.dialect.answerencoder import Encode, make_answer_encoder
from remint.dialect.refusalencoder import Refuse, make_refusal_encoder
from remint.dialect.requestdecoder import Decode, make_request_decoder
from remint.dialect.vocabulary import CallForm, DialectForm


@dataclass(frozen=True)
class Endpoint:
    """One address, compiled.

    ``decode(path, query, headers, body)`` takes the parts of a request as ASGI has them (header names in
    lower case) and gives a ``TokenRequest``; it raises ``Refusal`` and nothing else.
    ``encode(answer)`` and ``refuse(refusal, request_id)`` give a ``WireAnswer`` whose headers are complete
    but for what the server adds to every answer. ``encode`` raises ``Refusal("server_error")`` where the
    answer lacks something that the dialect always sends: the meanings in ``always_sends``.
    """

    dialect: str
    method: str
    paths: tuple[str, ...]  #: the documented one first
    grants: frozenset[str]
    decode: Decode
    encode: Encode
    refuse: Refuse
    sends: frozenset[str]  #: the meanings that an answer may have, extras as ``extras.NAME``
    always_sends: frozenset[str]  #: those of them that it must have
    sources: dict[str, str] = field(
        repr=False, compare=False
    )  #: the generated text of each function
    calls: tuple[CallForm, ...] = field(repr=False, compare=False)


def make_endpoints(form: DialectForm) -> tuple[Endpoint, ...]:
    """The endpoints of a dialect that can be served, in the order of its calls."""
    grouped: dict[tuple[str, tuple[str, ...]], list[CallForm]] = {}
    for call in form.served:
        grouped.setdefault((call.method, call.paths), []).append(call)
    return tuple(
        _endpoint(form, method, paths, tuple(calls)) for (method, paths), calls in grouped.items()
    )


def _endpoint(
    form: DialectForm, method: str, paths: tuple[str, ...], calls: tuple[CallForm, ...]
) -> Endpoint:
    title = f"remint dialect {form.name}: {method} {paths[0]}"
    methods = {call.method for call in form.served if set(call.paths) & set(paths)}
    decode, decode_text = make_request_decoder(f"{title}: decode", calls)
    encode, encode_text = make_answer_encoder(f"{title}: encode", calls[0].answer)
    refuse, refuse_text = make_refusal_encoder(
        f"{title}: refuse", form.refusals, form.kinds, ", ".join(sorted(methods))
    )
    return Endpoint(
        dialect=form.name,
        method=method,
        paths=paths,
        grants=frozenset(call.grant for call in calls),
        decode=decode,
        encode=encode,
        refuse=refuse,
        sends=frozenset(each.meaning for each in calls[0].answer.fields),
        always_sends=frozenset(
            each.meaning for each in calls[0].answer.fields if each.required and each.value is None
        ),
        sources={"decode": decode_text, "encode": encode_text, "refuse": refuse_text},
        calls=calls,
    )
