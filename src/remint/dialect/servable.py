"""Whether the calls that a dialect serves are such as an endpoint can answer for."""

from __future__ import annotations

from remint.dialect.answerplaces import leaf_of
from remint.dialect.constants import STRUCTURED
from remint.dialect.source import KeyPath
from remint.dialect.vocabulary import CallForm, DialectForm

_EXPECTED = "serve = false, for the call or the whole file"


def check_servable(form: DialectForm) -> None:
    """Raises ``DialectError`` for the first thing in a served call that only a caller can do.

    An endpoint that read a signature without looking whether it is right would be worse than none.
    """
    for call in form.served:
        for at, what in _faults(call):
            raise form.source.error(at, f"{what}, and no endpoint can do that", expected=_EXPECTED)


def _faults(call: CallForm) -> list[tuple[KeyPath, str]]:
    faults: list[tuple[KeyPath, str]] = []
    for field in call.request:
        if field.signature is not None or field.assertion is not None:
            faults.append((field.at, "has to be verified"))
        if field.of:
            faults.append((field.at, "has to be compared with another field"))
        if field.type == STRUCTURED and field.check:
            faults.append((field.at, "has many spellings to compare it with"))
        if "nowhere" in field.carriers:
            faults.append((field.at, "has to be known without being sent"))
    faults += [
        ((*call.at, key), "runs code on a message")
        for key, hook in (("hook", call.hook), ("answer_hook", call.answer_hook))
        if hook is not None
    ]
    if call.answer.extends:
        faults.append(((*call.answer.at, "extends"), "answers without a token"))
    for answered in call.answer.fields:
        if answered.since is not None:
            faults.append((answered.at, "counts from a moment of its own"))
        if answered.carrier != "body":
            faults.append((answered.at, "stands outside the body"))
        if answered.daily is not None:
            faults.append((answered.at, "ends with the day"))
        if leaf_of(answered.name) != answered.name:
            faults.append((answered.at, "lies in an array"))
    return faults
