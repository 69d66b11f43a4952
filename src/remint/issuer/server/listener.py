"""The listening socket, bound before anything else starts, so that a port in use is the first thing said."""

from __future__ import annotations

import errno
import socket
from typing import Final

from remint.errors import ConfigurationError
from remint.issuer.settings import Settings

#: Connections that the kernel keeps until they are accepted. It takes less where its own limit is lower.
BACKLOG: Final = 2_048


def bind(settings: Settings) -> socket.socket:
    """A bound socket that does not listen yet; for port 0 the kernel has chosen one.

    Raises ``ConfigurationError`` where the address is taken, forbidden or not of this machine.
    """
    family, address = _resolve(settings.host, settings.port)
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A server that was just stopped leaves connections in TIME_WAIT, which are no reason to wait.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _refused(settings, error) from None
    return bound


def listen(bound: socket.socket, settings: Settings) -> None:
    """Begins to let callers in. Raises ``ConfigurationError`` where another got there first."""
    try:
        bound.listen(BACKLOG)
    except OSError as error:
        raise _refused(settings, error) from None
    bound.setblocking(False)


def port_of(bound: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(bound.getsockname()[1])


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (OSError, UnicodeError):
        raise ConfigurationError(
            f"{host!r} is not an address of this machine", key="host", expected='host = "127.0.0.1"'
        ) from None
    family, _, _, _, address = found[0]
    return family, address


def _refused(settings: Settings, error: OSError) -> ConfigurationError:
    where = f"{settings.host} port {settings.port}"
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"{where} is in use by another process",
            key="port",
            expected="a port that is free, or 0 for any",
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(
            f"{where} may not be opened by this user",
            key="port",
            expected="a port of 1024 or above, such as 8080",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigurationError(
            f"{settings.host} is not an address of this machine",
            key="host",
            expected='host = "127.0.0.1", or "0.0.0.0" for every address',
        )
    return ConfigurationError(f"{where} cannot be opened: {error.strerror}", key="host")
