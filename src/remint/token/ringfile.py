"""Where the key ring is kept: one sealed file, changed under a lock by as many processes as like."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from remint.clock import Entropy
from remint.errors import Conflict, KeyRingError
from remint.token.durable import PRIVATE_MODE, replace_file
from remint.token.keyring import KeyRing, new_ring
from remint.token.keys import Algorithm
from remint.token.restore import merged
from remint.token.ringcodec import decode_ring, encode_ring
from remint.token.rootkey import RootKey
from remint.token.rotation import Changes, rotated, rotation_due
from remint.token.schedule import Schedule
from remint.token.succession import with_signing_key

KEY_RING_FILE = "keyring.json"


class KeyRingFile:
    """``keyring.json`` in the data directory, with ``keyring.json.lock`` beside it.

    Reading takes no lock: a write replaces the file at once. Every method that touches the disk raises
    ``KeyRingError`` if it cannot, or if the file is damaged, and ``RootKeyError`` if the root key is wrong.
    """

    def __init__(self, path: Path, root_key: RootKey, entropy: Entropy) -> None:
        self.path = path
        self._root_key = root_key
        self._entropy = entropy
        self._seen: tuple[int, int, int] | None = None

    def exists(self) -> bool:
        """Whether there is a file at all."""
        return self.path.exists()

    def load(self) -> KeyRing:
        """The ring as it is on the disk now."""
        data, seen = self._read()
        ring = decode_ring(data, self._root_key, self.path)
        self._seen = seen
        return ring

    def changed(self) -> bool:
        """Whether the file differs from what this object last loaded or wrote. One ``stat``, no more.

        A file that has gone has changed: loading it then says so.
        """
        try:
            return _identity(self.path.stat()) != self._seen
        except OSError:
            return True

    def create(self, now_ms: int) -> KeyRing:
        """Makes the ring of a new installation. Raises ``Conflict`` if there is a file."""
        with self._locked():
            if self.exists():
                raise Conflict(f"{self.path}: there is a key ring here already")
            return self._write(new_ring(now_ms=now_ms, entropy=self._entropy))

    def load_or_create(self, now_ms: int) -> KeyRing:
        """The ring, made if there is none; of several processes that start at once, one makes it.

        Call it only where no grants are stored yet: a new ring orphans them.
        """
        with self._locked():
            if self.exists():
                return self.load()
            return self._write(new_ring(now_ms=now_ms, entropy=self._entropy))

    def update(self, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """Replaces the ring by ``change(ring)``, under the lock, and returns what is in the file then.

        ``change`` gets the newest ring, so decide inside it; a ring that it returns unchanged is not written.
        """
        with self._locked():
            ring = self.load()
            changed = change(ring)
            return ring if changed == ring else self._write(changed)

    def ensure_signing_key(
        self, algorithm: Algorithm, audience: str | None, now_ms: int
    ) -> KeyRing:
        """The ring, with a key for this algorithm (HS256: and audience), made if there was none yet."""
        return self.update(
            lambda ring: with_signing_key(
                ring, algorithm, audience, now_ms=now_ms, entropy=self._entropy
            )
        )

    def rotate(
        self,
        now_ms: int,
        schedule: Schedule,
        changes: Changes | None = None,
        *,
        emergency: bool = False,
    ) -> KeyRing:
        """Makes ``changes``, or what the schedule asks for if no other process has done that already."""
        return self.update(
            lambda ring: rotated(
                ring,
                rotation_due(ring, now_ms, schedule) if changes is None else changes,
                now_ms=now_ms,
                schedule=schedule,
                entropy=self._entropy,
                emergency=emergency,
            )
        )

    def merge(self, other: KeyRing, now_ms: int, schedule: Schedule) -> KeyRing:
        """Takes in the keys of a backup of this installation. Raises ``KeyRingError`` if it is another's."""
        return self.update(lambda ring: merged(ring, other, now_ms=now_ms, schedule=schedule))

    def clone(self, now_ms: int) -> KeyRing:
        """Turns a restored copy into an installation of its own: no token of the original works here.

        The new installation id, MAC, alias and ES256 keys are made at once, other keys when first needed.
        """
        return self.update(
            lambda ring: replace(
                new_ring(now_ms=now_ms, entropy=self._entropy), revision=ring.revision
            )
        )

    def _write(self, ring: KeyRing) -> KeyRing:
        ring = replace(ring, revision=ring.revision + 1)
        self._put(ring)
        return ring

    def _put(self, ring: KeyRing) -> None:
        try:
            replace_file(self.path, encode_ring(ring, self._root_key, self._entropy))
            self._seen = _identity(self.path.stat())
        except OSError as error:
            raise self._unusable("written", error) from None

    def _read(self) -> tuple[bytes, tuple[int, int, int]]:
        try:
            with self.path.open("rb") as file:
                return file.read(), _identity(os.fstat(file.fileno()))
        except FileNotFoundError:
            raise KeyRingError(
                "there is no key ring here",
                file=self.path,
                expected="the key ring of this installation: was the data directory moved?",
            ) from None
        except OSError as error:
            raise self._unusable("read", error) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # The lock has a file of its own, because the key ring's is replaced at each write.
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
        except OSError as error:
            raise self._unusable("locked", error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _unusable(self, done: str, error: OSError) -> KeyRingError:
        return KeyRingError(f"the key ring cannot be {done}: {error.strerror}", file=self.path)


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return (status.st_ino, status.st_mtime_ns, status.st_size)
