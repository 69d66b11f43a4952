"""The calling side of a dialect: one call for each grant type."""

from __future__ import annotations

from dataclasses import dataclass, field

from remint.dialect.answerdecoder import Decode, make_answer_decoder
from remint.dialect.inputs import Input, inputs_of
from remint.dialect.requestencoder import Encode, make_request_encoder
from remint.dialect.vocabulary import AnswerForm, CallForm, DialectForm


@dataclass(frozen=True)
class Call:
    """One grant type, compiled.

    ``encode(request, *, base_url, now_ms, random)`` gives the ``WireRequest`` to send; it raises
    ``ConfigurationError`` where the request lacks something that the dialect sends, or has a value that
    cannot travel there. ``decode(answer, *, now_ms)`` gives the ``TokenAnswer``, or raises ``Refusal`` with
    an ``outcome``. Times are milliseconds since the epoch; ``random`` gives random bytes. ``inputs`` is what
    has to be given to make it; ``served`` whether an endpoint of the same dialect offers it.
    """

    grant: str
    method: str
    path: str
    encode: Encode
    decode: Decode
    inputs: tuple[Input, ...]
    served: bool
    answer_headers: frozenset[str]  #: what ``decode`` reads of an answer's headers, in lower case
    sources: dict[str, str] = field(
        repr=False, compare=False
    )  #: the generated text of each function
    form: CallForm = field(repr=False, compare=False)


def make_calls(form: DialectForm) -> tuple[Call, ...]:
    """The calls of a dialect, in the order of the file."""
    return tuple(_call(form, call) for call in form.calls)


def _call(form: DialectForm, call: CallForm) -> Call:
    title = f"remint dialect {form.name}: call {call.grant}"
    encode, encode_text = make_request_encoder(f"{title}: encode", call)
    decode, decode_text = make_answer_decoder(
        f"{title}: decode", form, call.answer.as_read(), call.answer_hook
    )
    return Call(
        grant=call.grant,
        method=call.method,
        path=call.paths[0],
        encode=encode,
        decode=decode,
        inputs=inputs_of(call.request),
        served=call in form.served,
        answer_headers=_headers(form, call.answer),
        sources={"encode": encode_text, "decode": decode_text},
        form=call,
    )


def _headers(form: DialectForm, answer: AnswerForm) -> frozenset[str]:
    known = {"header": None, "cookie": "set-cookie"}
    read = [
        known[each.carrier] or str(each.name[0]).lower()
        for each in answer.fields
        if each.carrier in known
    ]
    ruled = [rule.header for rule in form.failures if rule.header]
    return frozenset({"retry-after", *read, *ruled})
