# mypy: ignore-errors
"""MSAL: `acquire_token_silent` over a `SerializableTokenCache`, read and saved for each piece of work."""

import base64
import json
import time

import msal
import requests
from saved import SavedTokens

_SCOPES = ["orders"]


class LoginNeededError(Exception):
    """No token without the user: what MSAL says by an answer without one."""


class Client:
    """See `speaker`."""

    def __init__(self, folder, base_url, options):
        self._saved = SavedTokens(folder, options.get("dies", False))
        self._authority = f"{base_url}/id"
        self._base_url = base_url
        self._secret = options["client_secret"]

    def seed(self, token):
        """The session as a login left it, by the event that a login sends to the cache."""
        cache = msal.SerializableTokenCache()
        cache.add(
            {
                "client_id": "bench",
                "scope": _SCOPES,
                "token_endpoint": f"{self._authority}/token",
                "environment": self._app(cache).authority.instance,
                "grant_type": "authorization_code",
                "response": {**token, "id_token": _id_token(self._authority)},
            }
        )
        self._saved.write_text(cache.serialize())

    def session(self):
        """A way to call the API."""
        cache = msal.SerializableTokenCache()
        cache.deserialize(self._saved.path.read_text())
        app = self._app(cache)

        def call():
            account = app.get_accounts()[0]
            result = app.acquire_token_silent(_SCOPES, account=account)
            if cache.has_state_changed:
                self._saved.write_text(cache.serialize())
            if not result or "access_token" not in result:
                raise LoginNeededError(str(result))
            headers = {"Authorization": f"Bearer {result['access_token']}"}
            return requests.get(f"{self._base_url}/api", headers=headers, timeout=20).status_code

        return call

    def renew(self):
        """A call with an access token that has run out."""
        saved = self._saved.read()
        for entry in saved["AccessToken"].values():
            entry["expires_on"] = str(int(time.time()) - 10)
        self._saved.write(saved)
        return self.session()()

    def _app(self, cache):
        return msal.ConfidentialClientApplication(
            "bench",
            client_credential=self._secret,
            oidc_authority=self._authority,
            token_cache=cache,
        )


def _id_token(issuer):
    claims = {"iss": issuer, "aud": "bench", "sub": "u1", "exp": int(time.time()) + 3600}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({}, claims)]
    return ".".join(part.decode().rstrip("=") for part in parts) + "."
