"""What an answer says outside its body: its headers, and the cookies that it sets."""

from __future__ import annotations

from remint.dialect.message import WireAnswer


def header_of(answer: WireAnswer, name: bytes, prefix: str = "") -> str | None:
    """The value of a header, without ``prefix``; ``None`` where it is not there, or begins otherwise."""
    for key, value in answer.headers:
        if key.lower() == name:
            text = value.decode("latin-1").strip(" \t")
            return text[len(prefix) :] if text.startswith(prefix) else None
    return None


def cookie_of(answer: WireAnswer, name: str, attribute: str = "") -> str | None:
    """The value of a cookie that the answer sets, or of one of its attributes (RFC 6265 §5.2).

    A cookie that is set twice is what it is set to last.
    """
    found = None
    for key, value in answer.headers:
        if key.lower() != b"set-cookie":
            continue
        pair, *attributes = value.decode("latin-1").split(";")
        held, _, text = pair.partition("=")
        if held.strip() == name:
            found = text.strip() if not attribute else _attribute(attributes, attribute)
    return found


def _attribute(attributes: list[str], name: str) -> str | None:
    for each in attributes:
        held, _, text = each.partition("=")
        if held.strip().lower() == name:
            return text.strip()
    return None
