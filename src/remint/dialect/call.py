"""The calling side of a dialect: one call for each grant type."""

from __future__ import annotations

from dataclasses import dataclass, field

from remint.dialect.vocabulary import CallForm, DialectForm


@dataclass(frozen=True)
class Call:
    """One grant type, compiled."""

    grant: str
    form: CallForm = field(repr=False, compare=False)


def make_calls(form: DialectForm) -> tuple[Call, ...]:
    """The calls of a dialect, in the order of the file."""
    return tuple(Call(call.grant, call) for call in form.calls)
