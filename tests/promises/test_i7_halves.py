"""I7: the database without the key ring makes no token, nor the key ring without the database."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import closing

import pytest

from remint.clock import SystemClock, system_entropy
from remint.errors import KeyRingError, RootKeyError
from remint.issuer.installation import Installation
from remint.token.keyring import new_ring
from remint.token.refresh import PREFIX, Parsed, RefreshCodec
from remint.token.rootkey import create_root_key
from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate


@pytest.fixture
def client(estate: Estate) -> Client:
    """A client of a server that is not running yet."""
    return estate.client()


@ON_BOTH
def test_I7_key_ring_without_the_database_makes_no_token(estate: Estate, client: Client):
    """A thief of the ring and the root key, who even knows a grant's id, lacks its salt: forged, no alarm."""
    first, _other = estate.grants(client, 2)
    with estate.opened() as installation:
        codec, ring = installation.keys.codec, installation.keys.ring
        salts = [bytes(16), *[salt for (salt,) in estate.query("SELECT salt FROM grants")]]
    parsed = codec.parse(first)
    assert parsed is not None
    estate.server.start()
    token = estate.chain(client, first, 1)
    for key in ring.mac_keys:
        for salt in (salts[0], ring.installation_id, key.secret[:16], parsed.grant_id):
            line = codec.line(key.id, salt)
            assert line is not None
            for generation in range(3):
                forged = line.token(parsed.grant_id, generation, parsed.expires_at)
                assert codec.parse(forged) is not None, "the outer MAC is good"
                assert estate.renew(client, forged).error == "invalid_grant"
    # Nor does the salt of one grant help with another.
    (salt,) = [each for each in salts[1:] if not _fits(codec, each, parsed)]
    line = codec.line(parsed.key_id, salt)
    assert line is not None
    for generation in range(3):
        forged = line.token(parsed.grant_id, generation, parsed.expires_at)
        assert estate.renew(client, forged).error == "invalid_grant"
    assert not estate.audit("reuse_detected")
    estate.chain(client, token, 1)


@ON_BOTH
def test_I7_database_without_the_key_ring_makes_no_token(estate: Estate, client: Client):
    """A thief of the database has ids, salts and generations, but no key: refused before any look-up."""
    (first,) = estate.grants(client)
    estate.server.start()
    token = estate.chain(client, first, 3)
    columns = "id, salt, generation, expires_at, key_id"
    ((id_, salt, generation, expires_at, key_id),) = estate.query(f"SELECT {columns} FROM grants")
    raw = base64.urlsafe_b64decode(token[len(PREFIX) :])
    assert raw[5:21] == id_
    assert int.from_bytes(raw[1:5], "big") == key_id
    with estate.opened() as installation:
        real = installation.keys.ring
    for installation_id in (real.installation_id, bytes(16)):
        ring = new_ring(now_ms=0, entropy=system_entropy)
        object.__setattr__(ring, "installation_id", installation_id)
        object.__setattr__(ring.mac_keys[0], "id", key_id)
        object.__setattr__(ring, "_by_id", {key_id: ring.mac_keys[0]})
        line = RefreshCodec(ring).line(key_id, salt)
        assert line is not None
        for guess in range(generation + 2):
            forged = line.token(id_, guess, expires_at)
            assert estate.renew(client, forged).error == "invalid_grant"
    assert not estate.audit("reuse_detected")
    estate.chain(client, token, 1)


def test_I7_halves_of_two_installations_do_not_start(make_estate: Callable[..., Estate]):
    """A database with another's key ring, or with none, is refused; so is a wrong root key."""
    mine, other = make_estate(), make_estate()
    for estate in (mine, other):
        estate.grants(estate.client())
    ring, theirs = mine.data / "keyring.json", other.data / "keyring.json"
    kept, root_key = ring.read_bytes(), mine.data / "root.key"
    kept_root = root_key.read_bytes()
    ring.unlink()
    with pytest.raises(KeyRingError, match="without it every refresh token is dead"):
        opened(mine)
    assert not ring.exists(), "a new ring would have orphaned every grant"
    ring.write_bytes(theirs.read_bytes())
    with pytest.raises(RootKeyError):
        opened(mine)
    root_key.write_bytes((other.data / "root.key").read_bytes())
    with pytest.raises(KeyRingError, match="different installations"):
        opened(mine)
    ring.write_bytes(kept)
    with pytest.raises(RootKeyError):
        opened(mine)
    root_key.unlink()
    create_root_key(root_key, system_entropy)
    with pytest.raises(RootKeyError):
        opened(mine)
    root_key.unlink()
    with pytest.raises(RootKeyError):
        opened(mine)
    assert not root_key.exists(), "a new root key would have opened nothing"
    root_key.touch(mode=0o600)
    root_key.write_bytes(kept_root)
    opened(mine)


def test_I7_key_ring_file_shows_no_key(estate: Estate, client: Client):
    """The ring lies sealed: no key of it stands in any file, as it is or encoded."""
    estate.grants(client)
    with estate.opened() as installation:
        ring = installation.keys.ring
    keys = [key.secret for key in (*ring.mac_keys, *ring.alias_keys)]
    keys += [key.private for key in ring.signing_keys]
    for path in estate.data.iterdir():
        content = path.read_bytes()
        for key in keys:
            assert key not in content
            assert base64.b64encode(key).rstrip(b"=") not in content
            assert base64.urlsafe_b64encode(key).rstrip(b"=") not in content
            assert key.hex().encode() not in content.lower()


def _fits(codec: RefreshCodec, salt: bytes, parsed: Parsed) -> bool:
    line = codec.line(parsed.key_id, salt)
    return line is not None and line.holds(parsed)


def opened(estate: Estate) -> None:
    """Opens and closes an installation."""
    settings = estate.server.settings
    with closing(Installation(settings, clock=SystemClock(), environ={})):
        pass
