"""The key ring on the disk: private, sealed, whole."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest

from remint.errors import Conflict, KeyRingError, RootKeyError
from remint.token.ringcodec import _File
from remint.token.ringfile import KeyRingFile
from remint.token.rootkey import RootKey
from remint.token.rotation import Changes
from remint.token.schedule import Schedule
from tests.token.conftest import NOW_MS


def test_a_ring_is_made_once_and_loads_as_it_was(ring_file):
    """Created, it is there for good; creating it again is a conflict."""
    assert not ring_file.exists()
    made = ring_file.create(NOW_MS)
    assert ring_file.exists()
    assert ring_file.load() == made == ring_file.load_or_create(NOW_MS)
    with pytest.raises(Conflict):
        ring_file.create(NOW_MS)


def test_every_kind_of_key_survives_the_file(ring_file):
    """All four algorithms, MAC keys and what was thrown away."""
    ring_file.create(NOW_MS)
    for algorithm, audience in (("RS256", None), ("EdDSA", None), ("HS256", "api")):
        ring_file.ensure_signing_key(algorithm, audience, NOW_MS)
    made = ring_file.rotate(NOW_MS, Schedule(), Changes(True, (("ES256", None),)), emergency=True)
    assert len(made.signing_keys) == 4 and len(made.mac_keys) == 2 and len(made.dropped) == 1
    loaded = ring_file.load()
    assert loaded == made
    assert loaded.revision == 5


def test_a_signing_key_is_made_when_first_needed(ring_file):
    """Asked for again, it is the same one, and nothing is written."""
    ring_file.create(NOW_MS)
    ring = ring_file.ensure_signing_key("EdDSA", None, NOW_MS)
    key = ring.signing_key("EdDSA", NOW_MS)
    assert key is not None
    assert ring_file.ensure_signing_key("EdDSA", None, NOW_MS) == ring


def test_nobody_else_can_read_it_and_nothing_else_stays(ring_file):
    """Mode 0600 for the file and its lock, under any umask; no temporary file."""
    before = os.umask(0o000)
    try:
        ring_file.create(NOW_MS)
        ring_file.rotate(NOW_MS, Schedule(), Changes(mac=True))
    finally:
        os.umask(before)
    files = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in ring_file.path.parent.iterdir()
    }
    assert files == {"keyring.json": 0o600, "keyring.json.lock": 0o600}


def test_the_file_holds_no_key_in_the_clear(ring_file):
    """Neither raw, nor in hex or base64: only the header can be read."""
    ring = ring_file.ensure_signing_key("HS256", "a", ring_file.create(NOW_MS).revision)
    data = ring_file.path.read_bytes()
    secrets = [key.secret for key in (*ring.mac_keys, *ring.alias_keys)]
    secrets += [key.private for key in ring.signing_keys]
    for secret in secrets:
        assert secret not in data
        assert secret.hex().encode() not in data
    assert set(json.loads(data)) == {"header", "sealed", "sha256"}


def test_another_root_key_is_told_from_a_damaged_file(ring_file, entropy):
    """A wrong root key is a RootKeyError and changes nothing."""
    ring_file.create(NOW_MS)
    before = ring_file.path.read_bytes()
    stranger = KeyRingFile(ring_file.path, RootKey(b"\1" * 32), entropy)
    attempts = (
        stranger.load,
        lambda: stranger.load_or_create(NOW_MS),
        lambda: stranger.rotate(NOW_MS, Schedule(), Changes(mac=True)),
        lambda: stranger.clone(NOW_MS),
    )
    for attempt in attempts:
        with pytest.raises(RootKeyError, match="not the one that sealed this key ring"):
            attempt()
    assert ring_file.path.read_bytes() == before


def test_any_flipped_bit_is_damage(ring_file):
    """Wherever it is: never a wrong key, never a crash, never a ring."""
    made = ring_file.create(NOW_MS)
    good = ring_file.path.read_bytes()
    for place in range(0, len(good) - 1, 3):
        ring_file.path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        # Some blanks between the members turn into other blanks, and those say nothing.
        with suppress(KeyRingError):
            assert ring_file.load() == made
            assert good[place : place + 1].isspace()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"null", b"\xff\xfe", b"[1]", b'{"header": 1}', b"\0" * 900]
)
def test_what_is_no_key_ring_is_damage(ring_file, content):
    """Empty, cut, binary, or other JSON."""
    ring_file.path.write_bytes(content)
    with pytest.raises(KeyRingError, match="damaged"):
        ring_file.load()


def test_a_cut_file_is_damage(ring_file):
    """Cut anywhere, but for the line end."""
    ring_file.create(NOW_MS)
    good = ring_file.path.read_bytes()
    for size in range(0, len(good) - 1, 7):
        ring_file.path.write_bytes(good[:size])
        with pytest.raises(KeyRingError):
            ring_file.load()


def test_a_header_cannot_be_put_on_other_keys(ring_file):
    """With the checksum made right again, the seal still tells: installation id and revision are bound."""
    ring_file.create(NOW_MS)
    good = msgspec.json.decode(ring_file.path.read_bytes(), type=_File)
    header = msgspec.structs.replace(good.header, revision=9)
    digest = hashlib.sha256(msgspec.json.encode(header) + good.sealed).hexdigest()
    ring_file.path.write_bytes(msgspec.json.encode(_File(header, good.sealed, digest)))
    with pytest.raises(KeyRingError, match="cannot be unsealed"):
        ring_file.load()


@pytest.mark.parametrize("plaintext", [b"[]", b"{}", b"\xff", b'{"mac_keys": []}'])
def test_sealed_junk_is_damage(ring_file, root_key, entropy, plaintext):
    """Even under the right seal the keys must have their shape."""
    ring_file.create(NOW_MS)
    header = msgspec.json.decode(ring_file.path.read_bytes(), type=_File).header
    bound = msgspec.json.encode(header)
    sealed = root_key.seal(plaintext, purpose="keyring", associated_data=bound, entropy=entropy)
    digest = hashlib.sha256(bound + sealed).hexdigest()
    ring_file.path.write_bytes(msgspec.json.encode(_File(header, sealed, digest)))
    with pytest.raises(KeyRingError, match="cannot be unsealed"):
        ring_file.load()


@pytest.mark.parametrize(
    "member, value, problem",
    [("format", "other", "not a key ring"), ("version", 2, "format version 2")],
)
def test_other_formats_are_named(ring_file, member, value, problem):
    """A newer version is not called damaged."""
    ring_file.create(NOW_MS)
    content = json.loads(ring_file.path.read_bytes())
    content["header"][member] = value
    ring_file.path.write_text(json.dumps(content))
    with pytest.raises(KeyRingError, match=problem):
        ring_file.load()


def test_no_ring_and_no_folder(ring_file, tmp_path, root_key, entropy):
    """What is not there is said to be not there."""
    with pytest.raises(KeyRingError, match="there is no key ring here"):
        ring_file.load()
    lost = KeyRingFile(tmp_path / "gone" / "keyring.json", root_key, entropy)
    with pytest.raises(KeyRingError, match="cannot be locked: No such file"):
        lost.create(NOW_MS)
    folder = KeyRingFile(tmp_path, root_key, entropy)
    with pytest.raises(KeyRingError, match="cannot be read: Is a directory"):
        folder.load()


def test_changes_are_noticed_by_other_objects(ring_file, root_key, entropy):
    """One's own write is no change; another's is, until it is loaded; so is the file's going away."""
    other = KeyRingFile(ring_file.path, root_key, entropy)
    assert other.changed()
    ring_file.create(NOW_MS)
    assert not ring_file.changed()
    other.load()
    assert not other.changed()
    grown = ring_file.rotate(NOW_MS, Schedule(), Changes(mac=True))
    assert not ring_file.changed()
    assert other.changed()
    assert other.load() == grown
    assert not other.changed()
    ring_file.path.unlink()
    assert other.changed()


def test_an_update_that_changes_nothing_writes_nothing(ring_file):
    """Nor does it count as a revision."""
    ring = ring_file.create(NOW_MS)
    before = ring_file.path.stat()
    assert ring_file.update(replace) == ring
    assert ring_file.path.stat().st_ino == before.st_ino


def test_an_update_that_fails_changes_nothing_and_frees_the_lock(ring_file):
    """An exception from inside passes through."""
    ring = ring_file.create(NOW_MS)

    def fail(_ring):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ring_file.update(fail)
    assert ring_file.load() == ring
    assert ring_file.rotate(NOW_MS, Schedule(), Changes(mac=True)).revision == 2
