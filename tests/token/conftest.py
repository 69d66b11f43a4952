"""A root key, a key ring and entropy that replays."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from remint.token.keyring import KeyRing, new_ring
from remint.token.keys import Algorithm, SigningKey
from remint.token.ringfile import KeyRingFile
from remint.token.rootkey import RootKey
from remint.token.succession import with_signing_key

NOW_MS = 1_800_000_000_000


@pytest.fixture
def entropy() -> Callable[[int], bytes]:
    """Bytes that are the same in every run."""
    return random.Random(7).randbytes


@pytest.fixture
def root_key() -> RootKey:
    """A root key, known to the tests."""
    return RootKey(bytes(range(32)))


@pytest.fixture
def ring(entropy) -> KeyRing:
    """The ring of a new installation."""
    return new_ring(now_ms=NOW_MS, entropy=entropy)


@pytest.fixture
def ring_file(tmp_path: Path, root_key: RootKey, entropy) -> KeyRingFile:
    """A key ring file that is not there yet."""
    return KeyRingFile(tmp_path / "keyring.json", root_key, entropy)


@pytest.fixture
def make_key(ring: KeyRing, entropy) -> Callable[..., SigningKey]:
    """``make_key(algorithm, audience=None)``: a signing key from a ring that has one."""

    def make(algorithm: Algorithm, audience: str | None = None) -> SigningKey:
        grown = with_signing_key(ring, algorithm, audience, now_ms=NOW_MS, entropy=entropy)
        key = grown.signing_key(algorithm, NOW_MS, audience)
        assert key is not None
        return key

    return make
