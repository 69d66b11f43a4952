"""Remint: a keeper over one store, and its auth object for httpx2."""

import os
import signal
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import httpx2

from remint import Keeper, Timing
from remint.keeper.auth.httpx2 import KeeperAuth
from remint.keeper.store.sqlite import SQLiteStore

_NAME = "orders"


class Client:
    """See `speaker`."""

    def __init__(self, folder: Path, base_url: str, options: dict[str, Any]) -> None:
        self._base_url = base_url
        self._options = options
        self._context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
        if options.get("dies"):
            setattr(SQLiteStore, "swap", _die)  # noqa: B010
        self._keeper = Keeper(
            folder / "store",
            key="file",
            dialects=[folder],
            timing=Timing(**options.get("timing", {})),
            verify=self._context,
        )

    def seed(self, token: dict[str, Any]) -> None:
        """The session as a login left it."""
        grace = self._options.get("grace_seconds")
        self._keeper.connect(
            _NAME,
            self._options.get("dialect", "oauth2"),
            token_url=f"{self._base_url}/id/token",
            client_id="bench",
            client_secret=self._options["client_secret"],
            refresh_token=token["refresh_token"],
            access_token=token["access_token"],
            expires_at_ms=int((time.time() + token["expires_in"]) * 1000),
            rotation="grace" if grace else "",
            grace_seconds=grace,
        )

    def session(self) -> Callable[[], int]:
        """A way to call the API."""
        http = httpx2.Client(auth=KeeperAuth(self._keeper, _NAME), verify=self._context)
        return lambda: http.get(f"{self._base_url}/api").status_code

    def renew(self) -> int:
        """A call with an access token that was renewed for it."""
        self._keeper.renew(_NAME)
        return self.session()()


def _die(*_arguments: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
