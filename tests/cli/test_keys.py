"""``remint key``."""

from __future__ import annotations

import pytest


@pytest.fixture
def installed(remint):
    """An installation with one app."""
    remint("app", "create", "A", "--client-id", "a")


def keys(remint, use="access tokens"):
    return [each for each in remint("key", "list", "--json").json() if each["use"] == use]


def test_keys_are_listed_without_themselves(remint, installed):
    """Their ids, use and times."""
    (key,) = keys(remint)
    assert key.keys() == {
        "id", "use", "algorithm", "audience", "state", "created_at", "starts_at", "ends_at"
    }  # fmt: skip
    assert (key["algorithm"], key["state"], key["ends_at"]) == ("ES256", "active", None)
    assert [each["state"] for each in keys(remint, "refresh tokens")] == ["active"]
    assert "ES256" in remint("key", "list").out


def test_a_new_key_is_published_before_it_signs(remint, installed):
    """The old one signs until then."""
    told = remint("key", "rotate", "--json").json()
    assert {each["use"] for each in told} == {"access tokens", "refresh tokens"}
    assert {each["state"] for each in told} == {"published"}
    assert sorted(each["state"] for each in keys(remint)) == ["active", "published"]
    old = next(each for each in keys(remint) if each["state"] == "active")
    assert old["ends_at"] is not None


def test_only_what_is_named_is_rotated(remint, installed):
    """Signing keys of an algorithm, or the key of refresh tokens."""
    told = remint("key", "rotate", "--refresh", "--json").json()
    assert [each["use"] for each in told] == ["refresh tokens"]
    told = remint("key", "rotate", "--algorithm", "ES256", "--json").json()
    assert [each["algorithm"] for each in told] == ["ES256"]


def test_a_leaked_key_goes_at_once(remint, installed):
    """In an emergency the new one signs, and the old one is gone."""
    (old,) = keys(remint)
    done = remint("key", "rotate", "--algorithm", "ES256", "--emergency")
    assert done.status == 0
    (new,) = keys(remint)
    assert new["id"] != old["id"]
    assert new["state"] == "active"


@pytest.mark.parametrize(
    "options, said",
    [
        (["--algorithm", "RS256"], "no app uses RS256"),
        (["--algorithm", "HS256"], "no algorithm of public keys"),
        (["--algorithm", "none"], "expected one of ES256, RS256, EdDSA"),
        (["--audience", "https://x"], "no app has HS256 access tokens for 'https://x'"),
    ],
)
def test_a_key_that_is_not_there_is_not_rotated(remint, installed, options, said):
    """The message says what there could be."""
    done = remint("key", "rotate", *options)
    assert done.status == 1
    assert said in done.err


def test_a_shared_key_is_shown_to_be_given_on(remint, installed):
    """HS256 has a key for each audience: its verifier needs it."""
    remint(
        *("app", "create", "B", "--client-id", "b", "--audience", "https://api.example"),
        *("--policy", "access_algorithm=HS256"),
    )
    shared = remint("key", "share", "https://api.example", "--json").json()
    assert len(bytes.fromhex(shared["key"])) == 32
    told = remint("key", "rotate", "--audience", "https://api.example", "--json").json()
    assert [each["audience"] for each in told] == ["https://api.example"]
    assert remint("key", "share", "https://other.example").status == 1
    assert shared["key"] not in remint("key", "list").out
