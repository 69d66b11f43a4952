"""Nothing here shows a secret: not when printed, not when pickled, not in a traceback with its locals."""

from __future__ import annotations

import base64
import copy
import pickle
import traceback

import pytest

from remint.errors import RemintError
from remint.token.access import AccessSigner
from remint.token.ringfile import KeyRingFile
from remint.token.rootkey import RootKey, load_root_key
from remint.token.rotation import Changes
from remint.token.schedule import Schedule
from tests.token.conftest import NOW_MS
from tests.token.faults import Steps


def forms(secret: bytes) -> list[str]:
    """What a secret looks like in text."""
    standard = base64.b64encode(secret).decode().rstrip("=")
    return [repr(secret)[2:-1], secret.hex(), standard, standard.translate({43: "-", 47: "_"})]


@pytest.fixture
def full(ring_file):
    """A ring with a key of every kind."""
    ring_file.create(NOW_MS)
    ring_file.ensure_signing_key("EdDSA", None, NOW_MS)
    return ring_file.ensure_signing_key("HS256", "api", NOW_MS)


@pytest.fixture
def secrets(full, root_key) -> list[str]:
    """All that must not be seen, in every form."""
    raw = [key.secret for key in (*full.mac_keys, *full.alias_keys)]
    raw += [key.private for key in full.signing_keys]
    raw.append(base64.urlsafe_b64decode(root_key.reveal().reveal() + "="))
    return [form for secret in raw for form in forms(secret)]


def test_nothing_prints_a_secret(full, secrets, root_key, ring_file):
    """``repr``, ``str`` and ``format`` of every object that holds one, and of lists of them."""
    signers = [AccessSigner(key) for key in full.signing_keys]
    held = [full, full.mac_keys, full.alias_keys, full.signing_keys, root_key, ring_file, signers]
    shown = "".join(f"{each!r}{each!s}{each}" for each in held)
    assert not [secret for secret in secrets if secret in shown]


def test_nothing_that_holds_a_secret_is_pickled_or_copied(full, root_key):
    """Queues, caches and crash reports get an error instead."""
    for each in (full, full.mac_keys[0], full.signing_keys[0], full.alias_keys[0], root_key):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(each)
        with pytest.raises(TypeError, match="cannot be pickled"):
            copy.copy(each)


def test_no_traceback_shows_a_secret(ring_file, full, secrets, tmp_path, entropy, monkeypatch):
    """Even with every frame's local variables, as crash reporters print them."""

    def disk_full() -> None:
        raise OSError(28, "No space left on device")

    def full_disk() -> None:
        with monkeypatch.context() as patch:
            Steps(2, disk_full).install(patch.setattr)
            ring_file.rotate(NOW_MS, Schedule(), Changes(mac=True))

    (tmp_path / "half.key").write_text("00" * 20)
    (tmp_path / "half.key").chmod(0o600)
    stranger = KeyRingFile(tmp_path / "b.json", RootKey(b"\2" * 32), entropy).create(0)
    failures = (
        full_disk,
        KeyRingFile(ring_file.path, RootKey(b"\1" * 32), entropy).load,
        lambda: ring_file.merge(stranger, 0, Schedule()),
        lambda: load_root_key(tmp_path / "half.key", {}),
    )
    hidden = [*secrets, "00" * 20, *forms(bytes(20)), *forms(b"\1" * 32), *forms(b"\2" * 32)]
    for failure in failures:
        with pytest.raises(RemintError) as caught:
            failure()
        # This test's own frame knows the secrets, of course.
        frames = caught.value.__traceback__.tb_next  # type: ignore[union-attr]
        report = traceback.TracebackException(
            caught.type, caught.value, frames, capture_locals=True
        )
        text = "".join(report.format())
        assert "root_key" in text or "ring" in text
        assert not [secret for secret in hidden if secret in text]
