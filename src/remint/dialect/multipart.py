"""``multipart/form-data`` (RFC 7578): small fields, without files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from remint.dialect.fault import Parameter, bad_message, doubled

_BOUNDARY: Final = re.compile(rb';\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))', re.IGNORECASE)
_NAME: Final = re.compile(r'form-data\b.*?;\s*name="([^"]*)"', re.IGNORECASE)


def write_multipart(pairs: Iterable[tuple[str, str]], boundary: str) -> bytes:
    """The body. ``boundary`` must not occur in it: a random one does not."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode()


def read_multipart(
    body: bytes, content_type: bytes | None, known: Mapping[str, Parameter]
) -> dict[str, str]:
    """The fields of ``known`` names; others are ignored.

    Raises ``Refusal``: no boundary, a broken part, text that is not UTF-8, a known name more than once.
    """
    found = _BOUNDARY.search(content_type or b"")
    if found is None:
        raise bad_message("header", "media", "The body has no boundary.")
    mark = b"\r\n--" + (found[1] or found[2])
    preamble, *parts = (b"\r\n" + body).split(mark)
    if preamble.strip() or not parts or parts[-1].rstrip(b" \t\r\n") != b"--":
        raise _broken()
    fields: dict[str, str] = {}
    for part in parts[:-1]:
        name, value = _part(part)
        if name in known:
            if name in fields:
                raise doubled(known[name])
            fields[name] = value
    return fields


def _part(part: bytes) -> tuple[str, str]:
    head, blank, value = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise _broken()
    try:
        lines, text = head.decode().split("\r\n"), value.decode()
    except UnicodeDecodeError:
        raise bad_message("body", "syntax", "The body is not UTF-8.") from None
    for line in lines:
        header, _, disposition = line.partition(":")
        if header.strip().lower() == "content-disposition":
            named = _NAME.search(disposition)
            if named is not None:
                return named[1], text
    raise _broken()


def _broken() -> Exception:
    return bad_message("body", "syntax", "The body is not form-data that can be read.")
