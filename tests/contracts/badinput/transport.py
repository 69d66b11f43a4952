"""Rows about how a request travels: its method, its size, its pace."""

from __future__ import annotations

from collections.abc import Callable

from tests.contracts.badinput.draft import Draft
from tests.contracts.badinput.fault import METHOD, TOO_LARGE, Fault
from tests.contracts.badinput.row import Row, done

_METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE")
_LATE = Fault(where="body", status=408)


def transport_rows(form: str) -> list[Row]:
    """Wrong methods (405), bodies that are too large (413) or too slow (408)."""
    rows = [Row(f"method: {method}", done(_method(method)), METHOD, form) for method in _METHODS]
    return [
        *rows,
        Row("body: 64 KiB and a byte, in chunks", done(_chunked(65_537)), TOO_LARGE, form),
        Row("body: a length that is too great", done(_length(10_000_000)), TOO_LARGE, form),
        Row("body: a length of 19 digits", done(_length(10**18)), TOO_LARGE, form),
        Row("body: that never comes", done(_cut_before_body), _LATE, form, slow=True),
        Row("body: that stops half-way", done(_cut_in_body), _LATE, form, slow=True),
        Row("body: a chunk that does not end", done(_open_chunk), _LATE, form, slow=True),
    ]


def _method(method: str) -> Callable[[Draft], None]:
    return lambda draft: setattr(draft, "method", method)


def _chunked(size: int) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        count, rest = divmod(size, 4096)
        draft.raw_body = chunk * count + b"%x\r\n" % rest + b"x" * rest + b"\r\n0\r\n\r\n"
        draft.more_headers.append(("Transfer-Encoding", b"chunked"))

    return change


def _length(length: int) -> Callable[[Draft], None]:
    """The length alone is enough to refuse the body."""

    def change(draft: Draft) -> None:
        draft.more_headers.append(("Content-Length", str(length).encode()))

    return change


def _cut_before_body(draft: Draft) -> None:
    draft.raw_body = b""
    draft.more_headers.append(("Content-Length", b"100"))


def _cut_in_body(draft: Draft) -> None:
    body = draft.message().body or b"{"
    draft.raw_body = body[: len(body) // 2 + 1]
    draft.more_headers.append(("Content-Length", str(len(body) + 100).encode()))


def _open_chunk(draft: Draft) -> None:
    draft.raw_body = b"5\r\nabc"
    draft.more_headers.append(("Transfer-Encoding", b"chunked"))
