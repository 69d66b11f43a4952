"""A fifth dialect, put in a folder: served without touching Python."""

from __future__ import annotations

import shutil

import pytest

from remint.dialect import TokenAnswer, builtin, builtin_names, load_all
from remint.errors import DialectError, Refusal
from tests.dialect.exchange import EXAMPLE, JSON, Arrival, body_of


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_builtin_dialects_come_first(folder):
    """The four are there, whatever the folders hold."""
    assert builtin_names() == ("eshopbox", "genlogs", "oauth2", "partner")
    assert list(load_all([])) == list(builtin_names())
    shutil.copy(EXAMPLE, folder)
    assert list(load_all([folder])) == [*builtin_names(), "harbourline"]


def test_a_fifth_dialect_is_served(folder):
    """From the file alone: an endpoint, its answers, its refusals, its policy."""
    shutil.copy(EXAMPLE, folder)
    dialect = load_all([folder])["harbourline"]
    assert dialect.policy["access_lifetime_seconds"] == 1800
    assert dialect.line_of("policy.rotation") == 9
    (endpoint,) = dialect.endpoints
    assert (endpoint.method, endpoint.paths) == ("POST", ("/api/session/renew",))
    request = Arrival(
        "/api/session/renew",
        headers=(JSON, (b"x-harbour-app", b"app"), (b"x-harbour-key", b"key")),
        body=b'{"action":"renew","session":{"renewalKey":"r1"}}',
    ).at(endpoint)
    assert (request.refresh_token, request.client_id, request.client_secret) == ("r1", "app", "key")
    answer = endpoint.encode(
        TokenAnswer("a1", expires_in=1800, refresh_token="r2", extras={"port": "NLRTM"})
    )
    assert body_of(answer) == {
        "ok": True,
        "session": {"port": "NLRTM", "key": "a1", "renewalKey": "r2", "validForMs": 1_800_000},
    }
    refused = endpoint.refuse(Refusal("invalid_grant", ""), "id")
    assert (refused.status, body_of(refused)) == (
        403,
        {"ok": False, "fault": {"code": "invalid_grant", "text": "The renewal key is spent."}},
    )


def test_a_name_is_taken_once(folder):
    """Two files of one name cannot both be served."""
    (folder / "mine.toml").write_text(EXAMPLE.read_text().replace('"harbourline"', '"oauth2"'))
    with pytest.raises(
        DialectError, match=r"mine\.toml:\d+: name: 'oauth2' is the name of .*oauth2"
    ):
        load_all([folder])


def test_an_address_is_taken_once(folder):
    """Nor can two dialects answer at one method and path."""
    text = EXAMPLE.read_text().replace('"/api/session/renew"', '"/oauth/token"')
    (folder / "mine.toml").write_text(text)
    with pytest.raises(
        DialectError, match="POST /oauth/token is an address of the dialect 'oauth2'"
    ):
        load_all([folder])


def test_a_folder_that_is_not_there_is_an_error(folder):
    """A misspelled setting is not silently nothing."""
    with pytest.raises(DialectError, match="is not a folder"):
        load_all([folder / "none"])


def test_a_builtin_name_that_is_none(folder):
    """The error says which there are."""
    with pytest.raises(
        DialectError, match=r"no dialect 'x' comes with Remint .*one of eshopbox, gen"
    ):
        builtin("x")


def test_methods_at_one_path_are_allowed_together(folder):
    """``Allow`` names every method that the dialect serves there (RFC 9110 §10.2.1)."""
    file = folder / "two.toml"
    file.write_text(
        """
name = "two"
[call.refresh_token]
method = "GET"
path = "/t"
request.refresh_token = { in = "query" }
[call.password]
path = "/t"
request.username = { in = "query" }
[answer]
fields.access_token = {}
"""
    )
    endpoints = load_all([folder])["two"].endpoints
    assert [each.method for each in endpoints] == ["GET", "POST"]
    for endpoint in endpoints:
        answer = endpoint.refuse(Refusal("method_not_allowed", ""), "id")
        assert (b"allow", b"GET, POST") in answer.headers


def test_a_dialect_may_only_be_called(folder):
    """``serve = false``: no endpoint, but a call."""
    text = EXAMPLE.read_text().replace('title = "Harb', 'serve = false\ntitle = "Harb')
    (folder / "mine.toml").write_text(text)
    dialect = load_all([folder])["harbourline"]
    assert dialect.endpoints == ()
    assert [call.grant for call in dialect.calls] == ["refresh_token"]
