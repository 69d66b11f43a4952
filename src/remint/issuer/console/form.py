"""What a form sent."""

from __future__ import annotations

from urllib.parse import parse_qsl

from remint.errors import ConfigurationError
from remint.secret import Secret

_MOST_FIELDS = 500


class Form:
    """The fields of a form, in the order that they came. Its ``repr`` shows no value: some are secrets."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    @classmethod
    def read(cls, body: bytes) -> Form:
        """The fields of an ``application/x-www-form-urlencoded`` body; raises ``ConfigurationError``."""
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                max_num_fields=_MOST_FIELDS,
                errors="strict",
            )
        except ValueError:
            raise ConfigurationError(
                "the form could not be read", expected="fields in URL-encoded UTF-8"
            ) from None
        # A text area sends CRLF (WHATWG HTML, "Form submission"); nothing here wants it.
        return cls([(name, value.replace("\r\n", "\n")) for name, value in pairs])

    def __repr__(self) -> str:
        return f"Form({sorted({name for name, _ in self._fields})})"

    def __contains__(self, name: str) -> bool:
        return any(each == name for each, _ in self._fields)

    def __getitem__(self, name: str) -> str:
        """The first value of ``name`` without blanks around it, or an empty string."""
        return self.get(name)

    def get(self, name: str, default: str = "") -> str:
        """The first value of ``name`` without blanks around it."""
        return next((value.strip() for each, value in self._fields if each == name), default)

    def list(self, name: str) -> list[str]:
        """Every value of ``name``, as boxes that are ticked send them."""
        return [value for each, value in self._fields if each == name]

    def secret(self, name: str) -> Secret:
        """The first value of ``name`` as it was typed: a password may begin with a blank."""
        return Secret(next((value for each, value in self._fields if each == name), ""))
