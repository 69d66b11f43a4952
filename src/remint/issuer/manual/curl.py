"""A request as a line that can be pasted into a shell."""

from __future__ import annotations

import base64
import binascii
import shlex

from remint.dialect import WireRequest


def curl_line(request: WireRequest) -> str:
    """``curl …`` that sends ``request``: one line, quoted for a POSIX shell.

    An ``Authorization: Basic`` that curl can write by itself becomes ``-u``, which people read more easily.
    """
    words = ["curl", "-sS"]
    if request.method != "GET":
        words += ["-X", request.method]
    words.append(request.url)
    for name, value in request.headers:
        user = _basic_user(value) if name.lower() == "authorization" else None
        words += ["-u", user] if user is not None else ["-H", f"{name}: {value}"]
    if request.body:
        words += ["--data-raw", request.body.decode()]
    return shlex.join(words)


def folded(line: str) -> str:
    """A curl line with each option on a line of its own."""
    made = ""
    for word in shlex.split(line):
        quoted = shlex.quote(word)
        if word in ("-H", "-u", "--data-raw"):
            made += f" \\\n  {quoted}"
        else:
            made += f" {quoted}" if made else quoted
    return made


def _basic_user(value: str) -> str | None:
    scheme, _, encoded = value.partition(" ")
    if scheme != "Basic":
        return None
    try:
        user = base64.b64decode(encoded, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user if ":" in user else None
