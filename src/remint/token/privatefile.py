"""Reading a file that holds a secret, if nobody else can."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from remint.errors import RootKeyError
from remint.secret import Secret

# A root key has 64 characters at the most; what is longer is some other file.
_MOST_BYTES = 1024


def read_private_file(path: Path, *, expected: str) -> Secret:
    """The text of a small regular file that belongs to this user (or root), closed to everybody else.

    What is checked is the opened file, so a symbolic link is followed and its target judged, and nothing can
    be swapped between check and use. Raises ``RootKeyError``; ``expected`` is what it asks for where there is
    no file.
    """
    try:
        # A named pipe would otherwise block here until somebody writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise RootKeyError("there is no root key here", file=path, expected=expected) from None
    except OSError as error:
        raise RootKeyError(f"the root key cannot be read: {error.strerror}", file=path) from None
    try:
        _check(path, os.fstat(descriptor))
        return Secret(os.read(descriptor, _MOST_BYTES).decode("ascii", "replace"))
    finally:
        os.close(descriptor)


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyError("this is not a regular file", file=path)
    if status.st_uid not in (os.geteuid(), 0):
        raise RootKeyError(
            f"the root key belongs to another user (uid {status.st_uid})",
            file=path,
            expected=f"owner uid {os.geteuid()}: chown it, or run as its owner",
        )
    if status.st_mode & 0o077:
        raise RootKeyError(
            f"the root key is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            file=path,
            expected=f"mode 0600: chmod 600 {path}",
        )
