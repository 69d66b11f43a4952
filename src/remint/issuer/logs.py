"""The log: a line of JSON on standard error for each event, with no credential in it.

Everything comes through here, our own events and those of the libraries. What looks like a credential is
masked wherever it stands. An exception is told by its type and by the places it went through: never with
local variables, and with its message only where that is ours, since a library's may quote what it was given.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO, cast

import msgspec
import structlog

from remint.errors import RemintError
from remint.secret import Secret

MASK: Final = "********"
_FRAMES: Final = 30
_CHAIN: Final = 5

# Ours of every kind: tokens, secrets, keys, sessions, invitations; then JWTs; then what follows a scheme
# of HTTP authentication.
_CREDENTIAL: Final = re.compile(
    r"(?P<kind>remint_[a-z]{2}_)[\w-]+"
    r"|eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)*"
    r"|(?P<scheme>\b(?:basic|bearer)\s+)[\w.~+/=-]{8,}",
    re.ASCII | re.IGNORECASE,
)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
_Event = MutableMapping[str, Any]


def configure_logs(level: int = logging.INFO) -> None:
    """Sends everything that this process logs to standard error. Calling it again does no harm."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        tell_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, _order, structlog.processors.JSONRenderer(serializer=_serialize)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _Patient())),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_Patient())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _order,
                structlog.processors.JSONRenderer(serializer=_serialize),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _Patient:
    """Standard error that loses lines rather than raise: no request fails for want of a log."""

    def write(self, text: str) -> None:
        """See ``TextIO``."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """See ``TextIO``."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def redact(_logger: object, _method: str, event: _Event) -> _Event:
    """A structlog processor: masks every credential in ``event``, however deep it stands."""
    return {str(_clean(key)): _clean(value) for key, value in event.items()}


def redacted(text: str) -> str:
    """``text`` with every credential masked, but for what tells its kind."""
    return _CREDENTIAL.sub(_masked, text)


def tell_exception(_logger: object, _method: str, event: _Event) -> _Event:
    """A structlog processor: puts ``exception`` in the place of ``exc_info``, or of what was ``told``."""
    if "told" in event:
        event["exception"] = event.pop("told")
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    elif isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    if given and given[1] is not None:
        event["exception"] = told_exception(given[1])
    return event


def _masked(match: re.Match[str]) -> str:
    return (match["kind"] or match["scheme"] or "") + MASK


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, (bytes, bytearray, memoryview)):
        return redacted(bytes(value).decode("utf-8", "backslashreplace"))
    if isinstance(value, Mapping):
        return {str(_clean(key)): _clean(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(inner) for inner in value]
    if isinstance(value, BaseException):
        return _one(value)
    return redacted(str(value))


def told_exception(error: BaseException) -> list[dict[str, Any]]:
    """What may be told of an exception and those behind it: types, places, and messages that are ours.

    For events of our own, as ``told``: mounted in somebody's application, we write to a log that shows what
    stood in local variables if it is given the exception itself.
    """
    told: list[dict[str, Any]] = []
    following: BaseException | None = error
    while following is not None and len(told) < _CHAIN:
        told.append(_one(following))
        following = following.__cause__ or (
            None if following.__suppress_context__ else following.__context__
        )
    return told


def _one(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    told: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    if isinstance(error, RemintError):
        told["message"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        told["message"] = error.strerror
    told["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return told


def _order(_logger: object, _method: str, event: _Event) -> _Event:
    first = {key: event.pop(key) for key in ("at", "level", "logger", "event") if key in event}
    return {**first, **event}


def _serialize(event: _Event, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
