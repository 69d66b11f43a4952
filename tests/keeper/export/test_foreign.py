"""Token files of other libraries, as those libraries write them."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.errors import ConfigurationError
from remint.keeper.foreigntokens import ForeignTokens, read_foreign


def test_a_token_that_authlib_made():
    """``OAuth2Token`` is a dictionary, and is kept as such."""
    from authlib.oauth2.rfc6749 import OAuth2Token

    token = OAuth2Token.from_dict(
        {"access_token": "at", "refresh_token": "rt", "expires_in": 60, "token_type": "Bearer"}
    )
    found = read_foreign(json.dumps(token).encode(), "file")
    assert found.credentials == {"access_token": "at", "refresh_token": "rt"}
    assert found.expires_at_ms == token["expires_at"] * 1000


def test_a_token_that_oauthlib_made():
    """What requests-oauthlib hands to ``token_updater``."""
    from oauthlib.oauth2 import OAuth2Token

    token = OAuth2Token({"access_token": "at", "refresh_token": "rt", "scope": "a b"})
    token["expires_at"] = 4_000_000_000.5
    found = read_foreign(json.dumps(token).encode(), "file")
    assert found == ForeignTokens({"access_token": "at", "refresh_token": "rt"}, 4_000_000_000_500)


def test_a_session_with_its_token_inside():
    """As Flask and others keep it."""
    text = b'{"user": 1, "token": {"access_token": "at", "expires_at": 5}}'
    assert read_foreign(text, "file") == ForeignTokens({"access_token": "at"}, 5000)


def test_google():
    """``Credentials.to_json``: the expiry is in UTC, and does not say so."""
    text = json.dumps(
        {
            "token": "at",
            "refresh_token": "rt",
            "token_uri": "https://oauth2.googleapis.com/token",
            "client_id": "id",
            "client_secret": "cs",
            "scopes": ["https://www.googleapis.com/auth/drive"],
            "universe_domain": "googleapis.com",
            "account": "",
            "expiry": "2027-01-31T12:00:00.5Z",
        }
    )
    found = read_foreign(text.encode(), "file")
    assert found.credentials["client_secret"] == "cs"
    assert found.expires_at_ms == 1_801_396_800_500
    assert found.token_url == "https://oauth2.googleapis.com/token"
    assert "cs" not in repr(found).replace("client_secret", "")


@pytest.mark.parametrize("expiry", ['"soon"', "-1", "1e300", "true", "[]", "null", "1700000000000"])
def test_an_expiry_that_is_none(expiry):
    """It counts as unknown: the token is renewed at once."""
    text = f'{{"access_token": "at", "expires_at": {expiry}}}'
    assert read_foreign(text.encode(), "file").expires_at_ms is None


@given(
    st.binary(max_size=40)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["token", "access_token", "client_id", "token_uri", "expires_at"]),
                inner,
            )
        ),
        max_leaves=9,
    ).map(lambda found: json.dumps(found).encode())
)
def test_any_other_file_is_refused_or_read(text):
    """Nothing else happens."""
    credentials = {}
    with contextlib.suppress(ConfigurationError):
        credentials = read_foreign(text, "file").credentials
    assert all(isinstance(value, str) and value for value in credentials.values())
