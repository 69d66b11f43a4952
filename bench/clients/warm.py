# mypy: ignore-errors
"""`python warm.py`: what a token at hand costs with the libraries that this Python has.

It reads names of libraries from its input and answers each with the nanoseconds of a call, or with nothing
where it has not got that library. So somebody else may take several processes in turn.
"""

import asyncio
import datetime as dt
import json
import logging
import sys
import time

_ROUND_NANOSECONDS = 8_000_000
_MOST_CALLS = 20_000
_FIRST_CALLS = 100
_TOKEN = {
    "access_token": "at-" + "x" * 40,
    "refresh_token": "rt-" + "x" * 40,
    "token_type": "Bearer",
    "expires_in": 360_000,
}


def authlib():
    """`ensure_active_token`, which its session calls before each request."""
    from authlib.integrations.requests_client import OAuth2Session

    token = {**_TOKEN, "expires_at": int(time.time()) + 360_000}
    session = OAuth2Session("bench", "secret", token=token, token_endpoint="https://localhost/t")
    return session.ensure_active_token, ()


def httpx_auth():
    """`get_token` of its cache, which its auth objects call for each request."""
    from httpx_auth import OAuth2AuthorizationCode
    from httpx_auth._oauth2.common import OAuth2

    auth = OAuth2AuthorizationCode("https://localhost/a", "https://localhost/t", client_id="bench")
    OAuth2.token_cache._add_access_token(auth.state, _TOKEN["access_token"], 360_000, "rt")
    return OAuth2.token_cache.get_token, (auth.state,)


def msal():
    """`acquire_token_silent`, for the account that is logged in."""
    import msal

    logging.disable(logging.WARNING)
    metadata = {
        "issuer": "https://localhost/id",
        "authorization_endpoint": "https://localhost/id/authorize",
        "token_endpoint": "https://localhost/id/token",
    }
    app = msal.ConfidentialClientApplication(
        "bench",
        client_credential="secret",
        oidc_authority="https://localhost/id",
        http_client=_Discovery(metadata),
    )
    claims = {"iss": "https://localhost/id", "aud": "bench", "sub": "u1"}
    app.token_cache.add(
        {
            "client_id": "bench",
            "scope": ["orders"],
            "token_endpoint": "https://localhost/id/token",
            "environment": app.authority.instance,
            "grant_type": "authorization_code",
            "response": {**_TOKEN, "id_token_claims": claims},
        }
    )
    account = app.get_accounts()[0]
    assert "access_token" in app.acquire_token_silent(["orders"], account=account)
    return app.acquire_token_silent, (["orders"], account)


def google_auth():
    """`before_request`, which its transports call for each request."""
    from google.oauth2.credentials import Credentials

    expiry = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(days=2)
    credentials = Credentials(_TOKEN["access_token"], refresh_token="rt", expiry=expiry)
    return credentials.before_request, (None, "GET", "https://localhost/api", {})


def requests_oauthlib():
    """`add_token`, which its session calls for each request."""
    from requests_oauthlib import OAuth2Session

    token = {**_TOKEN, "expires_at": time.time() + 360_000}
    session = OAuth2Session("bench", token=token)
    return session._client.add_token, ("https://localhost/api",)


def remint():
    """`token`."""
    return _keeper().token, ("orders",)


def remint_access():
    """`access`: the token and the headers that this API wants."""
    return _keeper().access, ("orders",)


def remint_auth():
    """What the auth object for httpx2 adds to a request: its flow, run by hand."""
    import httpx2

    from remint.keeper.auth.httpx2 import KeeperAuth

    auth = KeeperAuth(_keeper(), "orders")
    request = httpx2.Request("GET", "https://localhost/api")
    answer = httpx2.Response(200, request=request)

    def flow():
        steps = auth.sync_auth_flow(request)
        next(steps)
        try:
            steps.send(answer)
        except StopIteration:
            return

    return flow, ()


def remint_async():
    """`token` of the keeper for event loops."""
    from remint.keeper.asynckeeper import AsyncKeeper

    return _connected(AsyncKeeper).token, ("orders",)


def _keeper():
    from remint.keeper.keeper import Keeper

    return _connected(Keeper)


def _connected(kind):
    keeper = kind("memory:")
    given = {
        "base_url": "https://localhost",
        "client_id": "bench",
        "client_secret": "secret",
        "access_token": _TOKEN["access_token"],
        "refresh_token": _TOKEN["refresh_token"],
        "expires_at_ms": int(time.time() * 1000) + 360_000_000,
    }
    made = keeper.connect("orders", "oauth2", **given)
    if asyncio.iscoroutine(made):
        asyncio.run(made)
    return keeper


class _Discovery:
    """An HTTP client for MSAL that answers one thing."""

    def __init__(self, metadata):
        self.status_code, self.text, self.headers = 200, json.dumps(metadata), {}

    def get(self, _url, **_options):
        """The metadata of the provider."""
        return self

    def post(self, _url, **_options):
        """No token is renewed here."""
        raise AssertionError

    def raise_for_status(self):
        """There is no other status."""

    def close(self):
        """Nothing is open."""


def _nanoseconds(call, arguments, calls):
    numbers = range(calls)
    start = time.thread_time_ns()
    for _ in numbers:
        call(*arguments)
    return (time.thread_time_ns() - start) / calls


def _nanoseconds_async(call, arguments, calls):
    async def run():
        numbers = range(calls)
        start = time.thread_time_ns()
        for _ in numbers:
            await call(*arguments)
        return (time.thread_time_ns() - start) / calls

    return asyncio.run(run())


def _measured(name, made):
    timed = _nanoseconds_async if name.endswith("_async") else _nanoseconds
    first = timed(*made, _FIRST_CALLS)
    return timed(*made, min(_MOST_CALLS, int(_ROUND_NANOSECONDS / first) + 1))


def main():
    """Answers until the input ends."""
    made = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in made:
            try:
                made[name] = globals()[name]()
            except ImportError:
                made[name] = None
        if made[name] is None:
            print(json.dumps(None), flush=True)
            continue
        print(json.dumps(_measured(name, made[name])), flush=True)


if __name__ == "__main__":
    main()
