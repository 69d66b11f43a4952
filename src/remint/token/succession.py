"""How a ring's keys take over from each other: functions from ring to ring."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from remint.clock import Entropy
from remint.errors import KeyRingError
from remint.token.keygen import new_mac_key, new_signing_key
from remint.token.keyring import KeyRing
from remint.token.keys import Algorithm, Family, SigningKey
from remint.token.schedule import Schedule


def with_new_mac_key(
    ring: KeyRing, *, now_ms: int, schedule: Schedule, entropy: Entropy
) -> KeyRing:
    """Adds a MAC key that mints once every process has had time to load it. The others still verify."""
    mints_from_ms = now_ms + schedule.mac_delay * 1000
    taken = {key.id for key in ring.mac_keys} | {
        int(name.removeprefix("mac-"), 16) for name in ring.dropped if name.startswith("mac-")
    }
    key = new_mac_key(now_ms=now_ms, mints_from_ms=mints_from_ms, entropy=entropy, taken=taken)
    return replace(ring, mac_keys=(*ring.mac_keys, key))


def with_signing_key(
    ring: KeyRing, algorithm: Algorithm, audience: str | None, *, now_ms: int, entropy: Entropy
) -> KeyRing:
    """Adds the first key of an algorithm (for HS256: and audience), to sign at once; else the same ring."""
    if ring.signing_key(algorithm, now_ms, audience) is not None:
        return ring
    key = new_signing_key(
        algorithm, now_ms=now_ms, signs_from_ms=0, entropy=entropy, audience=audience
    )
    return replace(ring, signing_keys=(*ring.signing_keys, key))


def with_new_signing_key(
    ring: KeyRing,
    algorithm: Algorithm,
    audience: str | None = None,
    *,
    now_ms: int,
    schedule: Schedule,
    entropy: Entropy,
    emergency: bool = False,
) -> KeyRing:
    """Adds a signing key, published now, that takes over from its predecessor after ``publish_ahead``.

    In an ``emergency`` (a key has leaked) it signs at once, and all its predecessors are thrown away: they
    leave the JWKS, so every token that they signed, or that a thief signs with them, ends.
    """
    ahead_ms = 0 if emergency else schedule.publish_ahead * 1000
    key = new_signing_key(
        algorithm,
        now_ms=now_ms,
        signs_from_ms=now_ms + ahead_ms,
        entropy=entropy,
        audience=audience,
    )
    if emergency:
        ring = without(
            ring, [old.kid for old in ring.signing_keys if old.family == key.family], schedule
        )
    return settled(replace(ring, signing_keys=(*ring.signing_keys, key)), schedule)


def without(ring: KeyRing, names: Collection[str], schedule: Schedule) -> KeyRing:
    """Throws keys away, for good: by kid, or ``mac-`` and eight hex digits. No backup brings them back.

    Throwing away a MAC key ends every refresh token made under it. Raises ``KeyRingError`` if it is the last.
    """
    mac_keys = tuple(key for key in ring.mac_keys if key.name not in names)
    if not mac_keys:
        raise KeyRingError("the last MAC key cannot be thrown away", expected="a new one first")
    signing_keys = tuple(key for key in ring.signing_keys if key.kid not in names)
    gone = {key.name for key in ring.mac_keys if key.name in names}
    gone |= {key.kid for key in ring.signing_keys if key.kid in names}
    dropped = ring.dropped | gone
    kept = replace(ring, mac_keys=mac_keys, signing_keys=signing_keys, dropped=dropped)
    return settled(kept, schedule)


def settled(ring: KeyRing, schedule: Schedule) -> KeyRing:
    """Gives every signing key the time when it retires, and when it is forgotten, from its successor's start.

    Every change of signing keys ends here, so a key whose successor is thrown away goes on signing.
    """
    kept_ms = (schedule.longest_access_token + schedule.leeway) * 1000
    keys: list[SigningKey] = []
    successors: dict[Family, SigningKey] = {}
    for key in reversed(ring.signing_keys):
        successor = successors.get(key.family)
        successors[key.family] = key
        retires_at_ms = None if successor is None else successor.signs_from_ms
        forgotten_at_ms = None if retires_at_ms is None else retires_at_ms + kept_ms
        keys.append(replace(key, retires_at_ms=retires_at_ms, forgotten_at_ms=forgotten_at_ms))
    return replace(ring, signing_keys=tuple(keys))
