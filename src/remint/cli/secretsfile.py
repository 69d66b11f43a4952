"""A file of credentials by meaning: TOML or JSON, closed to others, or standard input."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from typing import Any, Final

import msgspec

from remint.errors import ConfigurationError

_MOST_BYTES: Final = 262_144
STANDARD_INPUT: Final = "-"


def read_secrets(path: str) -> dict[str, Any]:
    """What a file says: meanings with their values, the dialect's own under ``extras``.

    Raises ``ConfigurationError``, which never quotes the file.
    """
    text = read_standard_input() if path == STANDARD_INPUT else read_private(path)
    found = _parsed(text, path)
    extras = found.pop("extras", {})
    if not isinstance(extras, dict):
        raise ConfigurationError("is no table", file=path, key="extras")
    return {**found, **{f"extras.{name}": value for name, value in extras.items()}}


def read_standard_input() -> bytes:
    """All of standard input, as far as credentials go."""
    return sys.stdin.buffer.read(_MOST_BYTES + 1)


def read_private(path: str) -> bytes:
    """A file that nobody else may read, or a pipe. Raises ``ConfigurationError``."""
    try:
        # A named pipe would block here until somebody writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", file=path) from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise ConfigurationError(
                f"others may read it (mode {mode:04o})",
                file=path,
                expected=f"mode 0600: chmod 600 {path}",
            )
        if stat.S_ISREG(status.st_mode) and status.st_uid not in (os.geteuid(), 0):
            raise ConfigurationError("belongs to another user", file=path)
        os.set_blocking(descriptor, True)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(_MOST_BYTES + 1)
    finally:
        os.close(descriptor)


def _parsed(text: bytes, path: str) -> dict[str, Any]:
    if len(text) > _MOST_BYTES:
        raise ConfigurationError("is too long", file=path, expected=f"{_MOST_BYTES} bytes at most")
    expected = 'TOML, such as client_secret = "…", or a JSON object'
    line = None
    if text.lstrip()[:1] == b"{":
        with_json = _json(text)
        if with_json is not None:
            return with_json
    else:
        try:
            return tomllib.loads(text.decode())
        except UnicodeDecodeError:
            pass
        except tomllib.TOMLDecodeError as error:
            # Its text may quote the file.
            line = getattr(error, "lineno", None)
    raise ConfigurationError("cannot be understood", file=path, line=line, expected=expected)


def _json(text: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
