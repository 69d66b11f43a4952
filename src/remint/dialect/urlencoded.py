"""``application/x-www-form-urlencoded``, read strictly: queries and form bodies.

The ready-made parsers accept broken escapes and broken UTF-8 in silence and keep the last of two equal
names; here each of these is refused (RFC 6749 §3.2 and appendix B).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from remint.dialect.fault import Parameter, bad_message, doubled

_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


def read_pairs(raw: bytes, known: Mapping[str, Parameter], where: str) -> dict[str, str]:
    """The parameters of ``known`` names that ``raw`` has; others are ignored (RFC 6749 §3.2).

    Raises ``Refusal``: broken escapes or UTF-8 anywhere, or a known name more than once.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise bad_message(where, "syntax", f"The {where} is not UTF-8.") from None
    escaped = "%" in text or "+" in text
    found: dict[str, str] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if escaped:
            name, value = unescape(name, where), unescape(value, where)
        if name in known:
            if name in found:
                raise doubled(known[name])
            found[name] = value
    return found


def unescape(text: str, where: str) -> str:
    """Undoes the escapes of one name or value. Raises ``Refusal`` for broken ones."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        raise bad_message(where, "syntax", f"The {where} has a broken percent-escape.")
    try:
        return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode()).decode()
    except UnicodeDecodeError:
        raise bad_message(where, "syntax", f"The {where} is not UTF-8.") from None
