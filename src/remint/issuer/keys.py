"""The keys in use: a snapshot of the key ring and what is compiled from it, renewed as the ring changes."""

from __future__ import annotations

from typing import Final

import msgspec

from remint.clock import Clock
from remint.grant.policy import Algorithm
from remint.token.access import AccessSigner
from remint.token.identity import IdentitySigner, identity_algorithm
from remint.token.keyring import KeyRing
from remint.token.keys import MacKey, SigningKey
from remint.token.refresh import RefreshCodec, alias_id
from remint.token.ringfile import KeyRingFile
from remint.token.rotation import Changes
from remint.token.schedule import Schedule
from remint.token.signers import Signers

LONGEST_ACCESS_SECONDS: Final = 30 * 86_400
"""No policy lets an access token live longer, so that a retired key leaves the JWKS in the end."""


class Keys:
    """The ring as this process sees it. ``refresh`` and what signs may touch the disk, the rest does not."""

    def __init__(self, file: KeyRingFile, ring: KeyRing, clock: Clock, schedule: Schedule) -> None:
        self._file = file
        self._clock = clock
        self._schedule = schedule
        self._looked_ms = clock.monotonic_ms()
        self._signers = Signers()
        self._take(ring)

    def refresh(self) -> bool:
        """Takes over what other processes did to the ring; ``True`` if there was anything."""
        looked_ms = self._clock.monotonic_ms()
        is_changed = self._file.changed()
        if is_changed:
            self._take(self._file.load())
        self._looked_ms = looked_ms
        return is_changed

    def may_be_stale(self) -> bool:
        """Whether a key may mint elsewhere that is not known here: nobody looked for too long.

        A process that was stopped, or cut off from the database, must not call a token forged then.
        """
        return self._clock.monotonic_ms() - self._looked_ms > self._schedule.mac_delay * 500

    def rotate_if_due(self) -> None:
        """Makes and drops keys as the schedule asks."""
        self._take(self._file.rotate(self._clock.now_ms(), self._schedule))

    def rotate(self, changes: Changes, *, emergency: bool = False) -> None:
        """Makes and drops keys as an operator asks: see ``KeyRingFile.rotate``."""
        now_ms = self._clock.now_ms()
        self._take(self._file.rotate(now_ms, self._schedule, changes, emergency=emergency))

    def mint_key(self, now_ms: int) -> MacKey:
        """The key that a new generation is minted with."""
        return self.ring.mint_key(now_ms)

    def access_signer(self, algorithm: Algorithm, audience: str, now_ms: int) -> AccessSigner:
        """Signs access tokens; HS256 has a key for each audience."""
        own = audience if algorithm == "HS256" else None
        return self._signers.access(self._signing_key(algorithm, own, now_ms))

    def identity_signer(self, algorithm: Algorithm, now_ms: int) -> IdentitySigner:
        """Signs the ID tokens of an app whose access tokens have ``algorithm``: never HS256."""
        return self._signers.identity(
            self._signing_key(identity_algorithm(algorithm), None, now_ms)
        )

    def alias_ids(self, token_sha256: bytes) -> list[bytes]:
        """The grant ids that an imported token of that SHA-256 may have; the first is where it is put."""
        installation = self.ring.installation_id
        return [alias_id(key, installation, token_sha256) for key in self.ring.alias_keys]

    def jwks(self) -> bytes:
        """The JWKS document, encoded."""
        return msgspec.json.encode(self.ring.jwks(self._clock.now_ms()))

    def _signing_key(self, algorithm: Algorithm, audience: str | None, now_ms: int) -> SigningKey:
        key = self.ring.signing_key(algorithm, now_ms, audience)
        if key is None:
            self._take(self._file.ensure_signing_key(algorithm, audience, now_ms))
            key = self.ring.signing_key(algorithm, now_ms, audience)
        assert key is not None, "a key that was just ensured is there"
        return key

    def _take(self, ring: KeyRing) -> None:
        self.ring = ring
        self.codec = RefreshCodec(ring)
