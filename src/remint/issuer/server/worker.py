"""One of several processes that serve on one socket: what ``python -m remint.issuer.server.worker`` runs.

The parent (``remint.issuer.server.workers``) says on standard input what to serve, and on which file
descriptor.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from remint.errors import RemintError
from remint.issuer.installation import Installation
from remint.issuer.logs import configure_logs
from remint.issuer.server.lifeline import tie_to
from remint.issuer.settings import Settings

MODULE: Final = "remint.issuer.server.worker"


class Order(msgspec.Struct, frozen=True):
    """What a worker is told: its settings, the listening socket's descriptor, and whose child it is."""

    settings: Settings
    descriptor: int
    parent: int

    def encode(self) -> bytes:
        """For standard input."""
        return msgspec.json.encode(self, enc_hook=str)


def main() -> int:
    """Serves as told, until SIGTERM. Returns the exit status."""
    order = decode(sys.stdin.buffer.read())
    tie_to(order.parent)
    configure_logs()
    from remint.issuer.server.uvicornserver import serve

    try:
        installation = Installation(order.settings)
        try:
            serve(installation, socket.socket(fileno=order.descriptor))
        finally:
            installation.close()
    except RemintError as error:
        structlog.get_logger("remint").error("worker_failed", reason=str(error), pid=os.getpid())
        return 1
    return 0


def decode(text: bytes) -> Order:
    """What ``Order.encode`` gave."""
    return msgspec.json.decode(text, type=Order, dec_hook=_path)


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise TypeError(f"{kind} is not expected")


if __name__ == "__main__":
    sys.exit(main())
