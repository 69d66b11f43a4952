"""The log: a line of JSON on standard error for each event.

An exception is told by its type and the places it went through, never with local variables, and with its
message only where that is ours: a library's may quote what it was given.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import traceback
from typing import Any, Final

import msgspec

from remint.errors import RemintError

_FRAMES: Final = 30
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logs() -> None:
    """Sends what this process logs to standard error. Calling it again does no harm."""
    logging.basicConfig(handlers=[_Patient()], level=logging.WARNING, force=True)
    logging.getLogger("remint").setLevel(logging.INFO)
    # Anybody on the machine can send garbage; it is answered, and no reason to fill a log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


class _Patient(logging.Handler):
    """Loses a line rather than raise: no request fails for want of a log."""

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        with contextlib.suppress(Exception):
            sys.stderr.write(_line(record))
            sys.stderr.flush()


def _line(record: logging.LogRecord) -> str:
    told: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    told |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
    if record.exc_info and record.exc_info[1] is not None:
        told["exception"] = _worded(record.exc_info[1])
    return msgspec.json.encode(told, enc_hook=lambda each: type(each).__name__).decode() + "\n"


def _worded(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, RemintError):
        told["message"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        told["message"] = error.strerror
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    told["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return told
