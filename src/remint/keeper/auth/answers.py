"""Whether an answer of an API says that the token has expired, and whether its body must be read for that."""

from __future__ import annotations

from typing import Final

from remint.dialect import Use

#: No API says "expired" at greater length, and what is longer is the caller's to stream.
MOST_BODY_BYTES: Final = 64 * 1024
#: Types of text that never end, or come in pieces that mean something one by one.
_STREAMS: Final = ("text/event-stream", "application/x-ndjson", "application/jsonl")


def must_read(use: Use, status: int, content_type: str | None, length: str | None) -> bool:
    """Whether only the body tells. Never for what a caller may want to stream."""
    if not use.reads_body or not 200 <= status <= 599 or status in (204, 205, 304):
        return False
    if not any(rule.path and (not rule.status or status in rule.status) for rule in use.rules):
        return False
    kind = (content_type or "").partition(";")[0].strip().lower()
    is_text = not kind or kind.startswith("text/") or kind.endswith(("/json", "+json"))
    is_short = not (length or "").isdigit() or int(length or 0) <= MOST_BODY_BYTES
    return is_text and is_short and kind not in _STREAMS


def says_expired(use: Use, status: int, body: bytes) -> bool:
    """Whether the answer says so. What is longer than anything that does is not parsed."""
    return use.expired(status, body if len(body) <= MOST_BODY_BYTES else b"")
