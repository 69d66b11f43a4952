# mypy: ignore-errors
"""httpx-auth: `OAuth2AuthorizationCode` with the library's own cache in a file."""

import json
import os
import signal
import socket
import time

import httpx
from httpx_auth import JsonTokenFileCache, OAuth2, OAuth2AuthorizationCode


class Client:
    """See `speaker`."""

    def __init__(self, folder, base_url, options):
        self._file = folder / "tokens.json"
        self._base_url = base_url
        self._dies = options.get("dies", False)
        # Where a login would come back to. Nobody logs in here; each process has its own all the same.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._auth = OAuth2AuthorizationCode(
            f"{base_url}/id/authorize",
            f"{base_url}/id/token",
            client_id="bench",
            username="bench",
            password=options["client_secret"],
            redirect_uri_port=port,
            timeout=options.get("timeout_seconds", 1),
        )

    def seed(self, token):
        """The session as a login left it."""
        expiry = time.time() + token["expires_in"]
        entry = [token["access_token"], expiry, token["refresh_token"]]
        self._file.write_text(json.dumps({self._auth.state: entry}))

    def session(self):
        """A way to call the API."""
        cache = JsonTokenFileCache(self._file)
        if self._dies:
            cache._save_tokens = lambda: os.kill(os.getpid(), signal.SIGKILL)
        OAuth2.token_cache = cache
        client = httpx.Client(auth=self._auth)
        return lambda: client.get(f"{self._base_url}/api", timeout=20).status_code

    def renew(self):
        """A call with an access token that has run out."""
        saved = json.loads(self._file.read_text())
        for entry in saved.values():
            entry[1] = time.time() - 10
        self._file.write_text(json.dumps(saved))
        return self.session()()
