"""Restoring from a backup merges key rings; restoring as a clone starts a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from remint.errors import KeyRingError
from remint.token.keyring import KeyRing
from remint.token.keys import MacKey, SigningKey
from remint.token.schedule import Schedule
from remint.token.succession import settled

_Key = TypeVar("_Key", MacKey, SigningKey)


def merged(ring: KeyRing, other: KeyRing, *, now_ms: int, schedule: Schedule) -> KeyRing:
    """Every key of either ring, except those that either has thrown away.

    A key of ``other`` that would take over from ours does so no earlier than one made now would, because no
    process knows it yet. Raises ``KeyRingError`` if ``other`` belongs to another installation, whose tokens
    ours would refuse anyway, or has another key of the same name.
    """
    if other.installation_id != ring.installation_id:
        raise KeyRingError(
            f"the key ring belongs to another installation ({other.installation_id.hex()})",
            expected=f"one of {ring.installation_id.hex()}; to start afresh, restore as a clone",
        )
    dropped = ring.dropped | other.dropped
    mac_keys = _union(
        {key.name: key for key in ring.mac_keys},
        {key.name: _known_from(ring, key, now_ms, schedule) for key in other.mac_keys},
    )
    alias_keys = _union(
        {key.name: key for key in ring.alias_keys}, {key.name: key for key in other.alias_keys}
    )
    signing_keys = _union(
        {key.kid: key for key in ring.signing_keys},
        {key.kid: _published_from(ring, key, now_ms, schedule) for key in other.signing_keys},
    )
    living = tuple(key for key in mac_keys if key.name not in dropped)
    if not living:
        raise KeyRingError("each key ring has thrown the other's MAC keys away")
    union = KeyRing(
        ring.installation_id,
        living,
        alias_keys,
        tuple(key for key in signing_keys if key.kid not in dropped),
        dropped,
        ring.revision,
    )
    return settled(union, schedule)


def _union(ours: dict[str, _Key], theirs: dict[str, _Key]) -> tuple[_Key, ...]:
    for name in ours.keys() & theirs.keys():
        if _material(ours[name]) != _material(theirs[name]):
            raise KeyRingError(f"the key rings have different keys of one name ({name})")
    return tuple({**ours, **theirs, **ours}.values())  # ours first, and ours where both have it


def _material(key: MacKey | SigningKey) -> bytes:
    return key.secret if isinstance(key, MacKey) else key.private


def _known_from(ring: KeyRing, key: MacKey, now_ms: int, schedule: Schedule) -> MacKey:
    if key.order <= ring.mint_key(now_ms).order:
        return key
    earliest_ms = now_ms + schedule.mac_delay * 1000
    return replace(key, mints_from_ms=max(key.mints_from_ms, earliest_ms))


def _published_from(ring: KeyRing, key: SigningKey, now_ms: int, schedule: Schedule) -> SigningKey:
    current = ring.signing_key(key.algorithm, now_ms, key.audience)
    if current is None or key.order <= current.order:
        return key
    earliest_ms = now_ms + schedule.publish_ahead * 1000
    return replace(key, signs_from_ms=max(key.signs_from_ms, earliest_ms))
