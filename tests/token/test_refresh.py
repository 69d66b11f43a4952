"""The refresh-token codec: one spelling of each token, made anew at will, and nothing else gets in."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.token.refresh import LENGTH, PREFIX, RefreshCodec, alias_id, token_sha256

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
GRANT_ID = bytes(range(16))
SALT = bytes(range(100, 116))
EXPIRES_AT = 1_900_000_000

key_ids = st.integers(1, 2**32 - 1)
grant_ids = st.binary(min_size=16, max_size=16)
generations = st.integers(0, 2**32 - 1)
expiries = st.integers(0, 2**40 - 1)


class Key(msgspec.Struct, frozen=True):
    """A MAC key."""

    id: int
    secret: bytes


class Ring:
    """A key ring of few keys."""

    def __init__(self, *keys: Key, installation_id: bytes = b"i" * 16) -> None:
        self.installation_id = installation_id
        self._keys = {key.id: key for key in keys}

    def mac_key(self, key_id: int) -> Key | None:
        """The key of that id."""
        return self._keys.get(key_id)


KEY = Key(7, b"k" * 32)
CODEC = RefreshCodec(Ring(KEY))


def minted(
    codec: RefreshCodec = CODEC,
    *,
    key_id: int = 7,
    grant_id: bytes = GRANT_ID,
    generation: int = 5,
    expires_at: int = EXPIRES_AT,
    salt: bytes = SALT,
) -> str:
    """A token of that grant."""
    line = codec.line(key_id, salt)
    assert line is not None
    return line.token(grant_id, generation, expires_at)


def by_hand(
    key: bytes, key_id: int, installation: bytes, salt: bytes, generation: int, expires_at: int
) -> str:
    """The same token by the documented layout, with nothing but ``hmac``."""
    head = b"\x01" + key_id.to_bytes(4, "big") + GRANT_ID
    head += generation.to_bytes(4, "big") + expires_at.to_bytes(5, "big")
    inner_key = hmac.digest(key, b"remint refresh key 1" + installation + salt, hashlib.sha256)
    purpose = b"remint refresh inner 1" + installation
    body = head + hmac.digest(inner_key, purpose + head, hashlib.sha256)[:16]
    purpose = b"remint refresh outer 1" + installation
    body += hmac.digest(key, purpose + body, hashlib.sha256)[:8]
    return "remint_rt_" + base64.urlsafe_b64encode(body).decode()


def test_the_layout_is_the_documented_one():
    """A token made by hand, and the very characters: what is out there must work for years."""
    wanted = by_hand(KEY.secret, 7, b"i" * 16, SALT, 5, EXPIRES_AT)
    assert minted() == wanted
    assert wanted == (
        "remint_rt_AQAAAAcAAQIDBAUGBwgJCgsMDQ4PAAAABQBxP7MALz835VijkzVoxoh5M5NR79Q04LVV0hfZ"
    )


@given(key_ids, st.binary(min_size=32, max_size=32), generations, expiries)
def test_every_token_is_as_one_made_by_hand(key_id, secret, generation, expires_at):
    """For every key, generation and expiry."""
    codec = RefreshCodec(Ring(Key(key_id, secret)))
    token = minted(codec, key_id=key_id, generation=generation, expires_at=expires_at)
    assert token == by_hand(secret, key_id, b"i" * 16, SALT, generation, expires_at)


@given(grant_ids, generations, expiries)
def test_a_token_says_what_went_into_it(grant_id, generation, expires_at):
    """Parsed without the salt; genuine with it; always of one length."""
    token = minted(grant_id=grant_id, generation=generation, expires_at=expires_at)
    assert len(token) == LENGTH and token.startswith(PREFIX)
    parsed = CODEC.parse(token)
    assert parsed is not None
    assert (parsed.key_id, parsed.grant_id, parsed.generation, parsed.expires_at) == (
        7,
        grant_id,
        generation,
        expires_at,
    )
    line = CODEC.line(7, SALT)
    assert line is not None and line.holds(parsed)


@pytest.mark.parametrize("generation", [0, 2**32 - 1])
@pytest.mark.parametrize("expires_at", [0, 1, 2**32 - 1, 2**32, 2**40 - 1])
def test_the_ends_of_the_ranges_fit(generation, expires_at):
    """Nothing is cut off."""
    parsed = CODEC.parse(minted(generation=generation, expires_at=expires_at))
    assert parsed is not None
    assert (parsed.generation, parsed.expires_at) == (generation, expires_at)


@pytest.mark.parametrize("place", range(LENGTH))
def test_every_other_character_is_refused(place):
    """Each of the 64, and some of no alphabet, in each place: the encoding has one spelling."""
    token = minted()
    others = [*ALPHABET, "+", "/", "=", " ", "\n", "\x00", "é", "-", "\ud800", "Ａ"]
    for other in others:
        if other != token[place]:
            assert CODEC.parse(token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: PREFIX,
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "=",
        lambda token: token[:-1] + "=",
        lambda token: token[:-4] + "====",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: " " + token[:-1],
        lambda token: token[: len(PREFIX)] + "\n" + token[len(PREFIX) :],
        lambda token: token.upper(),
        lambda token: token.lower(),
        lambda token: token.replace("remint_rt_", "remint_at_"),
        lambda token: token[len(PREFIX) :],
        lambda token: token.translate(str.maketrans("-_", "+/")) + "",
        lambda token: token * 2,
        lambda token: token.encode("utf-16-be").decode("utf-16-le"),
        lambda token: "remint_rt_" + "A" * 72,
        lambda token: "remint_rt_" + "\ud800" * 72,
        lambda token: "remint_rt_" + "é" * 72,
    ],
)
def test_another_spelling_is_refused(spoil):
    """Padding, the other alphabet, whitespace, case, length, unicode."""
    token = minted(grant_id=b"\xfb\xef\xbe" * 5 + b"\xff")
    assert set("-_") & set(token[len(PREFIX) :]), "this one shows the difference of the alphabets"
    spoilt = spoil(token)
    assert spoilt != token
    assert CODEC.parse(spoilt) is None


@given(st.text(max_size=100) | st.text(ALPHABET, min_size=72, max_size=72).map(PREFIX.__add__))
def test_no_text_is_taken_for_a_token(text):
    """Whatever comes in: ``None``, and never an error."""
    assert CODEC.parse(text) is None


@given(st.integers(0, 54 * 8 - 1))
def test_every_bit_is_covered(bit):
    """One bit of the 54 bytes, turned over, spoils the token."""
    raw = bytearray(base64.urlsafe_b64decode(minted()[len(PREFIX) :]))
    raw[bit // 8] ^= 1 << bit % 8
    assert CODEC.parse(PREFIX + base64.urlsafe_b64encode(bytes(raw)).decode()) is None


@pytest.mark.parametrize(
    "ring",
    [
        Ring(Key(7, b"x" * 32)),
        Ring(Key(8, b"k" * 32)),
        Ring(),
        Ring(KEY, installation_id=b"j" * 16),
    ],
    ids=["other key", "other number", "no key", "other installation"],
)
def test_a_token_belongs_to_its_key_and_installation(ring):
    """A clone, another ring, the same secret under another number: none knows it."""
    assert RefreshCodec(ring).parse(minted()) is None


def test_without_the_salt_the_ring_makes_no_token():
    """The outer MAC is good, but the row tells: neither a key ring nor a database alone is enough."""
    forged = CODEC.parse(minted(salt=bytes(16)))
    line = CODEC.line(7, SALT)
    assert forged is not None and line is not None
    assert not line.holds(forged)


@pytest.mark.parametrize("changed", [{"grant_id": bytes(16)}, {"generation": 6}, {"expires_at": 0}])
def test_the_inner_mac_covers_the_whole_head(changed):
    """An inner MAC that is moved to another head holds no more."""
    line = CODEC.line(7, SALT)
    parsed, other = CODEC.parse(minted()), CODEC.parse(minted(**changed))
    assert line is not None and parsed is not None and other is not None
    assert not line.holds(msgspec.structs.replace(other, inner=parsed.inner))
    assert not line.holds(msgspec.structs.replace(parsed, head=other.head))


def test_a_token_is_derived_alike_at_any_time_and_after_any_rotation():
    """The successor can be told again by another process, years later, under a ring with newer keys."""
    token = minted()
    older, newer = Key(1, b"o" * 32), Key(900, b"n" * 32)
    for ring in (Ring(KEY), Ring(older, KEY), Ring(KEY, newer), Ring(older, KEY, newer)):
        codec = RefreshCodec(ring)
        assert minted(codec) == token == minted(codec)
        assert codec.parse(token) == CODEC.parse(token)
    rotated = RefreshCodec(Ring(KEY, newer))
    assert minted(rotated, key_id=900) != token
    assert rotated.parse(minted(rotated, key_id=900)) is not None


def test_a_key_that_is_gone_makes_no_line():
    """Its tokens are dead, and nothing is minted under another key instead."""
    assert CODEC.line(8, SALT) is None


@given(grant_ids, grant_ids, generations, generations)
def test_different_tokens_differ(one, other, first, second):
    """Grant and generation are in it."""
    same = (one, first) == (other, second)
    left, right = minted(grant_id=one, generation=first), minted(grant_id=other, generation=second)
    assert (left == right) == same


def test_a_parsed_token_does_not_show_its_macs():
    """Its ``repr`` is fit for a log."""
    parsed = CODEC.parse(minted())
    assert parsed is not None
    assert repr(parsed) == f"Parsed(grant_id={GRANT_ID.hex()}, generation=5, …)"
    assert parsed.inner.hex() not in repr(parsed)


def test_an_imported_token_is_known_by_a_mac_of_its_hash():
    """The id depends on the token, the key and the installation, and on nothing else."""
    digest = token_sha256("legacy-token")
    assert digest == hashlib.sha256(b"legacy-token").digest()
    wanted = hmac.digest(KEY.secret, b"remint legacy alias 1" + b"i" * 16 + digest, "sha256")[:16]
    assert alias_id(KEY, b"i" * 16, digest) == wanted
    others = {
        alias_id(Key(7, b"x" * 32), b"i" * 16, digest),
        alias_id(KEY, b"j" * 16, digest),
        alias_id(KEY, b"i" * 16, token_sha256("legacy-token ")),
    }
    assert wanted not in others and len(others) == 3
    assert len(token_sha256("\ud800")) == 32
