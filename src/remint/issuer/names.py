"""What people call things: names that can be shown, and texts that can be kept."""

from __future__ import annotations

import unicodedata
from typing import Final

from remint.errors import ConfigurationError

LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 1000
_LINE_END: Final = "\n"


def clean_name(name: str, *, key: str = "name", longest: int = LONGEST_NAME) -> str:
    """A name of one line. Raises ``ConfigurationError`` where it is empty, too long or cannot be shown."""
    called = _normal(name)
    if not 0 < len(called) <= longest or not _can_be_shown(called):
        raise ConfigurationError(
            "it is empty, too long or holds what cannot be shown",
            key=key,
            expected=f"1 to {longest} characters in one line",
        )
    return called


def clean_text(text: str, *, key: str, longest: int = LONGEST_TEXT) -> str:
    """A text of any number of lines, or none. Raises ``ConfigurationError`` as ``clean_name`` does."""
    said = _normal(text.replace("\r\n", _LINE_END))
    if len(said) > longest or not _can_be_shown(said.replace(_LINE_END, "")):
        raise ConfigurationError(
            "it is too long or holds what cannot be shown",
            key=key,
            expected=f"{longest} characters at the most",
        )
    return said


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _can_be_shown(text: str) -> bool:
    # Half a surrogate pair is no character that anything can keep; it is not printable either.
    return text.isprintable()
