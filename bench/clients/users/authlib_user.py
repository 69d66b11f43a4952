# mypy: ignore-errors
"""Authlib: an `OAuth2Session` with `update_token`, made from what is saved for each piece of work."""

import time

from authlib.integrations.requests_client import OAuth2Session
from saved import SavedTokens


class Client:
    """See `speaker`."""

    def __init__(self, folder, base_url, options):
        self._saved = SavedTokens(folder, options.get("dies", False))
        self._base_url = base_url
        self._secret = options["client_secret"]

    def seed(self, token):
        """The session as a login left it."""
        self._saved.write({**token, "expires_at": int(time.time() + token["expires_in"])})

    def session(self):
        """A way to call the API."""
        session = OAuth2Session(
            "bench",
            self._secret,
            token=self._saved.read(),
            token_endpoint=f"{self._base_url}/id/token",
            update_token=self._update,
        )
        return lambda: session.get(f"{self._base_url}/api").status_code

    def renew(self):
        """A call with an access token that has run out."""
        self._saved.write({**self._saved.read(), "expires_at": int(time.time()) - 10})
        return self.session()()

    def _update(self, token, refresh_token=None, access_token=None):
        self._saved.write(token)
