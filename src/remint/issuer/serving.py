"""Runs an issuer in the foreground, from its first socket to its last answer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from remint.issuer import listener
from remint.issuer.installation import Installation
from remint.issuer.logs import configure_logs
from remint.issuer.settings import Settings


def run(settings: Settings, *, on_ready: Callable[[Installation], None] | None = None) -> None:
    """Serves until SIGTERM or SIGINT, then answers what was accepted and returns.

    ``on_ready`` is called once, in this process, when the port is bound and serving is about to begin. The
    settings of the installation that it gets name the port that was bound, also where 0 was asked for.
    Raises ``ConfigurationError`` (the address, the root key, the key ring, a dialect) or
    ``StoreUnavailable``.
    """
    configure_logs()
    bound = listener.listen(settings)
    settings = msgspec.structs.replace(settings, port=listener.port_of(bound))
    installation = Installation(settings)
    try:
        if on_ready is not None:
            on_ready(installation)
        from remint.issuer.uvicornserver import serve

        serve(installation, bound)
    finally:
        installation.close()
        bound.close()
