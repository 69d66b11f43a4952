"""Runs an issuer in the foreground, from its first socket to its last answer."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable
from ipaddress import ip_network
from typing import Final

import msgspec
import structlog

from remint.errors import ConfigurationError
from remint.issuer import tally
from remint.issuer.installation import Installation
from remint.issuer.logs import configure_logs
from remint.issuer.server import listener
from remint.issuer.settings import Settings

# Beside its connections a process has open: its database, its log, its workers' pipes.
_OTHER_FILES: Final = 128
_log = structlog.get_logger("remint")

OnReady = Callable[[Installation], None]


def run(settings: Settings, *, on_ready: OnReady | None = None) -> None:
    """Serves until SIGTERM or SIGINT, then answers what was accepted and returns.

    ``on_ready`` is called once, in this process, when the port is bound and serving is about to begin. The
    settings of the installation that it gets name the port that was bound, also where 0 was asked for; the
    installation may be closed once it returns. Raises ``ConfigurationError`` (the address, the root key,
    the key ring, a dialect) or ``StoreUnavailable``.
    """
    configure_logs()
    _check_proxies(settings.trusted_proxies)
    with listener.bind(settings) as bound:
        settings = msgspec.structs.replace(settings, port=listener.port_of(bound))
        installation = Installation(settings)
        try:
            _prepare(settings, bound)
            if on_ready is not None:
                on_ready(installation)
            told = {"address": settings.host, "port": settings.port, "workers": settings.workers}
            _log.info("serving", **told)
            if settings.server == "uvicorn" and settings.workers == 1:
                from remint.issuer.server.uvicornserver import serve

                serve(installation, bound)
                return
        finally:
            installation.close()
        _serve_from_children(settings, bound)


def _prepare(settings: Settings, bound: socket.socket) -> None:
    _allow_files(settings)
    tally.clear(settings.data_dir)
    if settings.server == "uvicorn":
        listener.listen(bound, settings)


def _serve_from_children(settings: Settings, bound: socket.socket) -> None:
    if settings.server == "uvicorn":
        from remint.issuer.server.workers import Workers

        Workers(settings, bound).run()
    else:
        from remint.issuer.server import granianserver

        # Granian binds by itself: until here the socket kept the port for it.
        bound.close()
        granianserver.serve(settings)


def _check_proxies(trusted: str) -> None:
    for part in filter(None, (each.strip() for each in trusted.split(","))):
        try:
            _ = part == "*" or ip_network(part, strict=False)
        except ValueError:
            raise ConfigurationError(
                f"{part!r} is no address",
                key="trusted_proxies",
                expected='addresses or networks between commas, such as "10.0.0.0/8", or "*"',
            ) from None


def _allow_files(settings: Settings) -> None:
    """Lets this process, and those it starts, have as many files open as there may be connections."""
    wanted = settings.max_connections + settings.max_connections // 8 + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        _log.warning("few_files", max_connections=settings.max_connections, limit=allowed)
