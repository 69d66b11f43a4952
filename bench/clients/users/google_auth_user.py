# mypy: ignore-errors
"""google-auth: `Credentials` from a file, refreshed and saved as Google's quick starts have it."""

import datetime as dt

from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2.credentials import Credentials
from saved import SavedTokens


class Client:
    """See `speaker`."""

    def __init__(self, folder, base_url, options):
        self._saved = SavedTokens(folder, options.get("dies", False))
        self._base_url = base_url
        self._secret = options["client_secret"]

    def seed(self, token):
        """The session as a login left it."""
        credentials = Credentials(
            token["access_token"],
            refresh_token=token["refresh_token"],
            token_uri=f"{self._base_url}/id/token",
            client_id="bench",
            client_secret=self._secret,
            expiry=_now() + dt.timedelta(seconds=token["expires_in"]),
        )
        self._saved.write_text(credentials.to_json())

    def session(self):
        """A way to call the API. A 401 is renewed by `AuthorizedSession`, and what it brings is saved."""
        saved = self._saved.read()
        expiry = saved.pop("expiry", None)
        credentials = Credentials(
            saved["token"],
            **{name: saved[name] for name in ("refresh_token", "token_uri", "client_id")},
            client_secret=saved["client_secret"],
            expiry=expiry and dt.datetime.fromisoformat(expiry.rstrip("Z")),
        )

        def call():
            if not credentials.valid:
                credentials.refresh(Request())
                self._saved.write_text(credentials.to_json())
            before = credentials.token
            status = AuthorizedSession(credentials).get(f"{self._base_url}/api").status_code
            if credentials.token != before:
                self._saved.write_text(credentials.to_json())
            return status

        return call

    def renew(self):
        """A call with an access token that has run out."""
        expiry = (_now() - dt.timedelta(seconds=10)).isoformat()
        self._saved.write({**self._saved.read(), "expiry": expiry})
        return self.session()()


def _now():
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
