"""Scheduled rotation: first the decision, then the change."""

from __future__ import annotations

from dataclasses import dataclass

from remint.clock import Entropy
from remint.token.keyring import KeyRing
from remint.token.keys import Algorithm, Family
from remint.token.schedule import Schedule
from remint.token.succession import with_new_mac_key, with_new_signing_key, without

_ASYMMETRIC: tuple[Algorithm, ...] = ("ES256", "RS256", "EdDSA")


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do: make a MAC key, make a signing key for each family, throw keys away (by name).

    :func:`rotation_due` says what the schedule asks for; an operator may ask for anything.
    """

    mac: bool = False
    signing: tuple[Family, ...] = ()
    forget: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.mac or self.signing or self.forget)


def rotation_due(ring: KeyRing, now_ms: int, schedule: Schedule) -> Changes:
    """What is due now. Cheap enough to ask every second; ask again under the lock before doing it.

    MAC keys are never thrown away here, for the refresh tokens made under them may live. HS256 keys are not
    rotated here either: their audience has to be given the new one by hand.
    """
    return Changes(
        mac=_mac_due(ring, now_ms, schedule),
        signing=tuple(
            (name, None) for name in _ASYMMETRIC if _signing_due(ring, name, now_ms, schedule)
        ),
        forget=tuple(
            key.kid
            for key in ring.signing_keys
            if key.forgotten_at_ms is not None
            and key.forgotten_at_ms + schedule.grace * 1000 <= now_ms
        ),
    )


def rotated(
    ring: KeyRing,
    changes: Changes,
    *,
    now_ms: int,
    schedule: Schedule,
    entropy: Entropy,
    emergency: bool = False,
) -> KeyRing:
    """The ring after those changes; with none, the same ring.

    ``emergency`` is for signing keys that have leaked: see :func:`with_new_signing_key`. MAC keys keep their
    delay even then, because a token under a key that some process does not know yet would log its client out.
    """
    if changes.mac:
        ring = with_new_mac_key(ring, now_ms=now_ms, schedule=schedule, entropy=entropy)
    for algorithm, audience in changes.signing:
        ring = with_new_signing_key(
            ring,
            algorithm,
            audience,
            now_ms=now_ms,
            schedule=schedule,
            entropy=entropy,
            emergency=emergency,
        )
    return without(ring, changes.forget, schedule) if changes.forget else ring


def _mac_due(ring: KeyRing, now_ms: int, schedule: Schedule) -> bool:
    key = ring.mint_key(now_ms)
    since_ms = max(key.created_at_ms, key.mints_from_ms)
    ahead_ms = schedule.mac_delay * 1000
    if now_ms < since_ms + schedule.mac_period * 1000 - ahead_ms:
        return False
    return not any(_is_pending(other.mints_from_ms, now_ms, ahead_ms) for other in ring.mac_keys)


def _signing_due(ring: KeyRing, algorithm: Algorithm, now_ms: int, schedule: Schedule) -> bool:
    key = ring.signing_key(algorithm, now_ms)
    if key is None:
        return False
    since_ms = max(key.created_at_ms, key.signs_from_ms)
    ahead_ms = schedule.publish_ahead * 1000
    if now_ms < since_ms + schedule.signing_period * 1000 - ahead_ms:
        return False
    family = [other for other in ring.signing_keys if other.family == key.family]
    return not any(_is_pending(other.signs_from_ms, now_ms, ahead_ms) for other in family)


def _is_pending(starts_at_ms: int, now_ms: int, ahead_ms: int) -> bool:
    # What starts later than any key made now would was made while the clock was wrong: do not wait for it.
    return now_ms < starts_at_ms <= now_ms + ahead_ms
