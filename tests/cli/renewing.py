"""A renewal at a server, the way a client of a test does it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request

from tests.servers import RunningServer


def renewed(issuer: RunningServer, client_id: str, secret: str, token: str) -> str:
    """The next refresh token, or the error's code."""
    fields = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": secret,
        "refresh_token": token,
    }
    request = urllib.request.Request(
        f"{issuer.base_url}/oauth/token", urllib.parse.urlencode(fields).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            token = json.load(answer)["refresh_token"]
    except urllib.error.HTTPError as error:
        token = json.load(error)["error"]
    return token
