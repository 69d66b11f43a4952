"""Client secrets, keys, codes and cookies: random, recognisable, checkable."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.token.credentials import (
    ADMIN_KEY_PATTERN,
    ADMIN_KEY_PREFIX,
    API_KEY_PATTERN,
    API_KEY_PREFIX,
    CLIENT_SECRET_PATTERN,
    CLIENT_SECRET_PREFIX,
    INVITATION_PATTERN,
    INVITATION_PREFIX,
    PATTERNS,
    REFRESH_TOKEN_PATTERN,
    SESSION_PATTERN,
    SESSION_PREFIX,
    fingerprint,
    hint_of,
    looks_like,
    mint_admin_key,
    mint_api_key,
    mint_client_secret,
    mint_invitation,
    mint_session,
    new_client_id,
)
from remint.token.refresh import RefreshCodec

MINTED = [
    ("client_secret", mint_client_secret, CLIENT_SECRET_PREFIX, CLIENT_SECRET_PATTERN),
    ("api_key", mint_api_key, API_KEY_PREFIX, API_KEY_PATTERN),
    ("admin_key", mint_admin_key, ADMIN_KEY_PREFIX, ADMIN_KEY_PATTERN),
    ("invitation", mint_invitation, INVITATION_PREFIX, INVITATION_PATTERN),
    ("session", mint_session, SESSION_PREFIX, SESSION_PATTERN),
]


@pytest.mark.parametrize("kind, mint, prefix, pattern", MINTED)
def test_a_credential_has_its_form(kind, mint, prefix, pattern):
    """Prefix, 43 digits, 6 of checksum; the published pattern finds it in the middle of a text."""
    for _ in range(200):
        value = mint(os.urandom).reveal()
        assert value.startswith(prefix)
        assert len(value) == len(prefix) + 49
        assert re.findall(pattern, f'{{"secret":"{value}"}}') == [value]
        assert looks_like(kind, value)


@given(st.binary(min_size=32, max_size=32))
def test_no_two_draws_share_a_credential(drawn):
    """All 256 bits can be read back from the digits, at both ends of the range too."""
    for data in (drawn, bytes(32), b"\xff" * 32):
        digits = mint_api_key(lambda _size, data=data: data).reveal()[len(API_KEY_PREFIX) : -6]
        number = 0
        for digit in digits:
            number = number * 62 + int(digit, 36) + (26 if digit.islower() else 0)
        assert number == int.from_bytes(data, "big")


@pytest.mark.parametrize("kind, mint", [row[:2] for row in MINTED])
def test_a_changed_character_is_noticed(kind, mint):
    """So a scanner, or a paste that lost a character, is told at once."""
    value = mint(os.urandom).reveal()
    for place in range(len(value)):
        changed = value[:place] + ("x" if value[place] != "x" else "y") + value[place + 1 :]
        assert not looks_like(kind, changed)
    for other in (value[:-1], value + "0", value + "\n", " " + value, value.upper(), ""):
        assert not looks_like(kind, other)


def test_kinds_are_not_mistaken_for_each_other():
    """The prefix is under the checksum: a client secret cannot be dressed up as an API key."""
    secret = mint_client_secret(os.urandom).reveal()
    assert not looks_like("api_key", secret)
    assert not looks_like("api_key", secret.replace(CLIENT_SECRET_PREFIX, API_KEY_PREFIX))


def test_the_checksum_is_the_published_one():
    """CRC-32 of all before it, in base62 with digits, then upper-case, then lower-case letters."""
    value = mint_api_key(bytes).reveal()
    assert value[:-6] == "remint_ak_" + "0" * 43
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for digit in value[-6:]:
        number = number * 62 + alphabet.index(digit)
    assert number == crc32(value[:-6].encode())


def test_refresh_tokens_are_recognised(ring):
    """The published pattern finds what the codec mints, and neither more nor less of it."""
    key = ring.mac_keys[0]
    line = RefreshCodec(ring).line(key.id, bytes(16))
    assert line is not None
    for generation in range(50):
        token = line.token(os.urandom(16), generation, 0)
        assert looks_like("refresh_token", token)
        assert re.findall(REFRESH_TOKEN_PATTERN, f"refresh_token={token}&x=y") == [token]
        assert not looks_like("refresh_token", token + "A")


def test_the_patterns_find_nothing_in_our_own_source():
    """A scanner run over this repository stays quiet."""
    folder = Path(__file__).parents[2] / "src"
    for path in folder.rglob("*.py"):
        text = path.read_text()
        assert not [name for name, pattern in PATTERNS.items() if pattern.search(text)], path


def test_client_ids_are_random_and_plain():
    """22 letters and digits."""
    ids = {new_client_id(os.urandom) for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"[0-9A-Za-z]{22}", client_id) for client_id in ids)


@pytest.mark.parametrize("value", ["", "a", "ключ", "\udc80", "x" * 5000])
def test_a_fingerprint_is_a_sha_256_of_anything(value):
    """Even of what no encoder would let through: it simply matches nothing."""
    assert fingerprint(value) == hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def test_a_minted_credential_is_a_secret():
    """It is shown by ``reveal`` only."""
    for _kind, mint, _prefix, _pattern in MINTED:
        secret = mint(os.urandom)
        assert secret.reveal() not in repr([secret, f"{secret}"])


def test_a_hint_tells_little():
    """Four characters of the checksum: none of the 256 random bits stands in them as it is."""
    secret = mint_admin_key(os.urandom)
    assert hint_of(secret) == secret.reveal()[-4:]
