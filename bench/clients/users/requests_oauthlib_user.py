# mypy: ignore-errors
"""requests-oauthlib: an `OAuth2Session` with `auto_refresh_url` and `token_updater`."""

import time

from requests_oauthlib import OAuth2Session
from saved import SavedTokens


class Client:
    """See `speaker`."""

    def __init__(self, folder, base_url, options):
        self._saved = SavedTokens(folder, options.get("dies", False))
        self._base_url = base_url
        self._client = {"client_id": "bench", "client_secret": options["client_secret"]}

    def seed(self, token):
        """The session as a login left it."""
        self._saved.write({**token, "expires_at": time.time() + token["expires_in"]})

    def session(self):
        """A way to call the API."""
        session = OAuth2Session(
            "bench",
            token=self._saved.read(),
            auto_refresh_url=f"{self._base_url}/id/token",
            auto_refresh_kwargs=self._client,
            token_updater=self._saved.write,
        )
        return lambda: session.get(f"{self._base_url}/api").status_code

    def renew(self):
        """A call with an access token that has run out."""
        self._saved.write({**self._saved.read(), "expires_at": time.time() - 10})
        return self.session()()
