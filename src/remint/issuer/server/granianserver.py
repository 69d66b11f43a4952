"""The issuer on Granian, whose HTTP side runs outside of Python.

Granian always serves from child processes. It bounds the head of a request itself, by time and by the size
of its buffer; ``docs/operations.md`` says how that differs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from granian.utils.proxies import wrap_asgi_with_proxy_headers

from remint.issuer.app import Issuer
from remint.issuer.logs import configure_logs
from remint.issuer.server.lifeline import tie_to
from remint.issuer.server.listener import BACKLOG
from remint.issuer.settings import Settings

_SMALLEST_BUFFER: Final = 8_192
_KILL_AFTER_SECONDS: Final = 15
# Its log goes where everything goes.
_LOGGING: Final = {
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def serve(settings: Settings) -> None:
    """Serves until a signal ends it. The port must be free, and known."""
    server = Server(
        "remint.issuer",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=min(settings.max_connections, settings.max_waiting),
        http1_settings=HTTP1Settings(
            header_read_timeout=settings.receive_timeout_seconds * 1000,
            max_buffer_size=max(_SMALLEST_BUFFER, settings.max_header_bytes),
        ),
        log_level=LogLevels.warning,
        log_dictconfig=_LOGGING,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.stop_grace_seconds + _KILL_AFTER_SECONDS,
    )
    server.serve(target_loader=partial(_load, settings, os.getpid()), wrap_loader=False)


def _load(settings: Settings, parent: int) -> Callable[..., Any]:
    tie_to(parent)
    configure_logs()
    issuer = Issuer(settings)
    if not settings.trusted_proxies:
        return issuer
    wrapped: Callable[..., Any] = wrap_asgi_with_proxy_headers(
        issuer, [part.strip() for part in settings.trusted_proxies.split(",")]
    )
    return wrapped
