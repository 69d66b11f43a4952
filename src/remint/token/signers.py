"""The compiled signers of a key ring's keys, each made once."""

from __future__ import annotations

from remint.token.access import AccessSigner
from remint.token.identity import IdentitySigner
from remint.token.keys import SigningKey


class Signers:
    """Compiles a signer at a key's first use, which costs about a hundred µs, and keeps it.

    Outlives the snapshots of the key ring: keys never change under their kid.
    """

    __slots__ = ("_access", "_identity")

    def __init__(self) -> None:
        self._access: dict[str, AccessSigner] = {}
        self._identity: dict[str, IdentitySigner] = {}

    def access(self, key: SigningKey) -> AccessSigner:
        """The signer of access tokens."""
        signer = self._access.get(key.kid)
        if signer is None:
            signer = self._access[key.kid] = AccessSigner(key)
        return signer

    def identity(self, key: SigningKey) -> IdentitySigner:
        """The signer of ID tokens; ``key`` must be asymmetric."""
        signer = self._identity.get(key.kid)
        if signer is None:
            signer = self._identity[key.kid] = IdentitySigner(key)
        return signer
