"""Words for what is wrong with a request: each function makes the refusal for one kind of fault.

Descriptions name the parameter and never its value. They keep to the characters that RFC 6749 §5.2 allows
an ``error_description``: printable ASCII without the double quote and the backslash.
"""

from __future__ import annotations

from typing import Final

import msgspec

from remint.errors import Refusal

WHERE: Final = {
    "path": "path",
    "query": "query",
    "header": "header",
    "cookie": "cookie",
    "basic-user": "header",
    "basic-password": "header",
    "bearer": "header",
    "json": "body",
    "form": "body",
    "multipart": "body",
}
_NOUN: Final = {"header": "header", "cookie": "cookie"}


class Parameter(msgspec.Struct, frozen=True):
    """A field in one of its carriers, as far as serving it needs to know.

    ``code`` is what its absence is refused with, and ``unfit`` a value of the right type that no real one
    has; anything else wrong with it is an ``invalid_request``.
    """

    name: str
    where: str
    code: str
    min_length: int
    max_length: int
    missing_text: str | None = None
    unfit: str = "invalid_request"
    unfit_kind: str = ""

    @property
    def noun(self) -> str:
        """``partnerId header``, ``refresh_token parameter``."""
        return f"{self.name} {_NOUN.get(self.where, 'parameter')}"

    def refusal(self, kind: str, description: str, code: str = "invalid_request") -> Refusal:
        """A refusal that puts the blame here."""
        return Refusal(code, description, where=self.where, name=self.name, kind=kind)

    def unfit_refusal(self, kind: str, description: str) -> Refusal:
        """A refusal of a value of the right type that no real one has."""
        return self.refusal(self.unfit_kind or kind, description, self.unfit)


def absent(parameter: Parameter) -> Refusal:
    """It is not there, or empty, which is the same (RFC 6749 §3.2)."""
    text = parameter.missing_text or f"The {parameter.noun} is missing."
    return parameter.refusal("missing", text, parameter.code)


def doubled(parameter: Parameter) -> Refusal:
    """It came more than once (RFC 6749 §3.2: parameters must not be repeated)."""
    return parameter.refusal("duplicate", f"The {parameter.noun} appears more than once.")


def contradicted(parameter: Parameter) -> Refusal:
    """It came in two carriers at once."""
    return parameter.unfit_refusal("duplicate", f"The {parameter.noun} appears more than once.")


def wrong_type(parameter: Parameter, wanted: str) -> Refusal:
    """It is JSON of another type, or text that is no number."""
    return parameter.refusal("type", f"The {parameter.noun} must be {wanted}.")


def wrong_length(parameter: Parameter) -> Refusal:
    """It is longer or shorter than any real one."""
    low, high = parameter.min_length, parameter.max_length
    return parameter.unfit_refusal(
        "length", f"The {parameter.noun} must have from {low} to {high} characters."
    )


def malformed(parameter: Parameter) -> Refusal:
    """It has characters that no real one has."""
    return parameter.unfit_refusal("syntax", f"The {parameter.noun} has characters that cannot be.")


def not_the_constant(parameter: Parameter) -> Refusal:
    """It should be a constant and is something else."""
    return parameter.refusal("value", f"The {parameter.noun} has a value that is not known here.")


def unsupported(parameter: Parameter) -> Refusal:
    """A grant type that this endpoint does not offer (RFC 6749 §5.2)."""
    return Refusal(
        "unsupported_grant_type",
        "This grant type is not offered here.",
        where=parameter.where,
        name=parameter.name,
        kind="value",
    )


def bad_message(where: str, kind: str, description: str) -> Refusal:
    """The query or the body as a whole cannot be read."""
    return Refusal("invalid_request", description, where=where, kind=kind)
