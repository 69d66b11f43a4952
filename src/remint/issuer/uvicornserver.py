"""The issuer on uvicorn: uvloop, httptools, and a stop that cuts nobody off."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, cast

import uvicorn

from remint.issuer.app import Issuer
from remint.issuer.installation import Installation
from remint.issuer.listener import BACKLOG

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def serve(installation: Installation, listener: socket.socket) -> None:
    """Serves until a signal ends it, then stops gracefully. Closes ``listener``, not the installation."""
    settings = installation.settings
    config = uvicorn.Config(
        cast(Any, Issuer(installation=installation)),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        backlog=BACKLOG,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.stop_grace_seconds,
    )
    Server(config).run([listener])


class Server(uvicorn.Server):
    """Uvicorn's, but for how it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends on a signal as asked: uvicorn would raise it again when all is done."""
        before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops gracefully; the second does not wait."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True
