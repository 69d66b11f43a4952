"""The key ring: an immutable snapshot of every key of one installation, fast to ask.

Where it is kept is :mod:`remint.token.ringfile`'s business, and when keys succeed each other
:mod:`remint.token.rotation`'s.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NoReturn

from remint.clock import Entropy
from remint.token.jwks import jwks_document
from remint.token.keygen import new_mac_key, new_signing_key
from remint.token.keys import Algorithm, Family, MacKey, SigningKey


@dataclass(frozen=True)
class KeyRing:
    """Every key of one installation at one moment.

    ``mac_keys`` and ``signing_keys`` may come in any order and are kept from the oldest to the newest.
    ``alias_keys`` are for imported legacy tokens: the first one derives, all are tried. ``dropped`` names
    the keys that were thrown away, so that no backup brings them back. ``revision`` counts the writes.
    """

    installation_id: bytes
    mac_keys: tuple[MacKey, ...]
    alias_keys: tuple[MacKey, ...]
    signing_keys: tuple[SigningKey, ...]
    dropped: frozenset[str] = frozenset()
    revision: int = 0
    _by_id: dict[int, MacKey] = field(init=False, repr=False, compare=False)
    _families: dict[Family, tuple[SigningKey, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert self.mac_keys, "a key ring is born with a MAC key"
        assert self.alias_keys, "a key ring is born with an alias key"
        mac_keys = tuple(sorted(self.mac_keys, key=lambda key: key.order))
        signing_keys = tuple(sorted(self.signing_keys, key=lambda key: key.order))
        families: defaultdict[Family, list[SigningKey]] = defaultdict(list)
        for key in signing_keys:
            families[key.family].append(key)
        set_field = object.__setattr__
        set_field(self, "mac_keys", mac_keys)
        set_field(self, "signing_keys", signing_keys)
        set_field(self, "_by_id", {key.id: key for key in mac_keys})
        set_field(self, "_families", {name: tuple(keys) for name, keys in families.items()})

    def __reduce__(self) -> NoReturn:
        raise TypeError("a KeyRing cannot be pickled; load it from its file instead")

    def mac_key(self, key_id: int) -> MacKey | None:
        """The key that tokens naming ``key_id`` were made with, whether or not it still mints."""
        return self._by_id.get(key_id)

    def mint_key(self, now_ms: int) -> MacKey:
        """The key to make new tokens with: the newest one that every process has had time to load.

        Should the clock have gone back beyond all of them, the oldest.
        """
        for key in reversed(self.mac_keys):
            if key.mints_from_ms <= now_ms:
                return key
        return self.mac_keys[0]

    def signing_key(
        self, algorithm: Algorithm, now_ms: int, audience: str | None = None
    ) -> SigningKey | None:
        """The key to sign with now, or ``None`` if none was ever made for this algorithm (and audience).

        Should the clock have gone back beyond all of them, the oldest.
        """
        keys = self._families.get((algorithm, audience))
        if keys is None:
            return None
        for key in reversed(keys):
            if key.signs_from_ms <= now_ms:
                return key
        return keys[0]

    def jwks(self, now_ms: int) -> dict[str, Any]:
        """The JWKS document of this moment. Costs some tens of µs a key: cache what it encodes to."""
        return jwks_document(self.signing_keys, now_ms)


def new_ring(*, now_ms: int, entropy: Entropy) -> KeyRing:
    """The ring of a new installation: its id, a MAC key, an alias key and an ES256 key.

    The first keys work from the beginning of time, whatever the clock says, because there is no other
    process yet that could not know them.
    """
    mac_key = new_mac_key(now_ms=now_ms, mints_from_ms=0, entropy=entropy)
    alias_key = new_mac_key(now_ms=now_ms, mints_from_ms=0, entropy=entropy)
    signing_key = new_signing_key("ES256", now_ms=now_ms, signs_from_ms=0, entropy=entropy)
    return KeyRing(entropy(16), (mac_key,), (alias_key,), (signing_key,))
