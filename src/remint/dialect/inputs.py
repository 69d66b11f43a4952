"""What has to be given before a call can be made: the fields that are neither constant nor generated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remint.dialect.authorize import AuthorizeField
    from remint.dialect.useform import UseField
    from remint.dialect.vocabulary import RequestField

#: Meanings that nobody but the two ends of a call may know.
SECRETS = frozenset(
    {
        "refresh_token",
        "client_secret",
        "api_key",
        "password",
        "access_token",
        "code",
        "code_verifier",
    }
)


@dataclass(frozen=True)
class Input:
    """One value to give."""

    meaning: str  #: ``client_id``, … or ``extras.NAME``
    extra: str  #: its name among the extras; empty if it is none
    title: str  #: for people
    secret: bool
    required: bool
    type: str  #: of a request field: ``string``, ``int32``, …


def input_of(field: RequestField | UseField | AuthorizeField) -> Input:
    """What is asked for to fill ``field``."""
    extra = field.extra or ""
    words = (extra or field.meaning).replace("_", " ")
    return Input(
        meaning=field.meaning,
        extra=extra,
        title=field.title or words[:1].upper() + words[1:],
        secret=field.secret,
        required=field.required,
        type=field.type,
    )


def inputs_of(fields: Iterable[RequestField]) -> tuple[Input, ...]:
    """What is asked for to fill the fields of a call, in their order."""
    return tuple(
        input_of(field)
        for field in fields
        if field.value is None and field.generate is None and field.meaning != "grant_type"
    )
