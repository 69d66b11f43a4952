"""The keys as an operator sees them: told without their secrets, rotated, shared where they must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

from remint.errors import ConfigurationError, NotFound
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.installation import Installation
from remint.secret import Secret
from remint.token.keyring import KeyRing
from remint.token.keys import Algorithm, Family, MacKey, SigningKey
from remint.token.rotation import Changes

_ALGORITHMS: Final[tuple[Algorithm, ...]] = get_args(Algorithm)
_SYMMETRIC: Final = "HS256"


def tell_keys(installation: Installation) -> list[dict[str, Any]]:
    """Each key's id, use, algorithm, audience, state and times (seconds); never the key.

    The state is ``published`` before it is used, then ``active``, then ``retired``: it verifies still. A
    refresh-token key verifies for good.
    """
    installation.keys.refresh()
    ring, now_ms = installation.keys.ring, installation.clock.now_ms()
    told = [_signing(ring, key, now_ms) for key in ring.signing_keys]
    told += [_mac(key, "refresh tokens", ring.mint_key(now_ms), now_ms) for key in ring.mac_keys]
    return told + [
        _mac(key, "imported tokens", ring.alias_keys[0], now_ms) for key in ring.alias_keys
    ]


def rotate_keys(
    installation: Installation,
    *,
    algorithms: Sequence[str] = (),
    audience: str | None = None,
    refresh: bool = False,
    emergency: bool = False,
    actor: Actor = NOBODY,
) -> None:
    """Makes successors: of the signing keys of ``algorithms``, of the HS256 key of ``audience``, and of the
    key of ``refresh`` tokens; where none of them is named, of all but the HS256 keys, which others hold.

    Raises ``ConfigurationError`` for an unknown algorithm, ``NotFound`` where there is no such key yet.
    """
    installation.keys.refresh()
    ring = installation.keys.ring
    families = [_family(ring, name) for name in algorithms]
    if audience is not None:
        families.append(shared_key(installation, audience).family)
    if not (families or refresh):
        refresh = True
        families = [key.family for key in ring.signing_keys if not key.is_symmetric]
    changes = Changes(mac=refresh, signing=tuple(dict.fromkeys(families)))
    installation.keys.rotate(changes, emergency=emergency)
    note(
        installation,
        "keys_rotated",
        actor,
        algorithms=[algorithm for algorithm, _ in changes.signing],
        audience=audience,
        refresh=refresh,
        emergency=emergency,
    )


def share_secret(installation: Installation, audience: str, *, actor: Actor = NOBODY) -> Secret:
    """The HS256 key that the access tokens of ``audience`` are signed with now, in hexadecimal."""
    secret = shared_key(installation, audience).shared_secret()
    note(installation, "key_shared", actor, audience=audience)
    return secret


def shared_key(installation: Installation, audience: str) -> SigningKey:
    """The HS256 key of ``audience``. Raises ``NotFound`` if it has none."""
    installation.keys.refresh()
    now_ms = installation.clock.now_ms()
    key = installation.keys.ring.signing_key(_SYMMETRIC, now_ms, audience)
    if key is None:
        raise NotFound(f"no app has HS256 access tokens for {audience!r}")
    return key


def _family(ring: KeyRing, name: str) -> Family:
    family = next((key.family for key in ring.signing_keys if key.algorithm == name), None)
    if name not in _ALGORITHMS or name == _SYMMETRIC:
        raise ConfigurationError(
            f"{name!r} is no algorithm of public keys",
            key="algorithm",
            expected="one of " + ", ".join(each for each in _ALGORITHMS if each != _SYMMETRIC),
        )
    if family is None:
        raise NotFound(f"no app uses {name}, so there is no such key")
    return family


def _signing(ring: KeyRing, key: SigningKey, now_ms: int) -> dict[str, Any]:
    is_active = ring.signing_key(key.algorithm, now_ms, key.audience) is key
    state = "active" if is_active else "retired" if key.is_retired(now_ms) else "published"
    return {
        "id": key.kid,
        "use": "access tokens",
        "algorithm": key.algorithm,
        "audience": key.audience,
        "state": state,
        "created_at": key.created_at_ms // 1000,
        "starts_at": max(key.signs_from_ms, key.created_at_ms) // 1000,
        "ends_at": None if key.forgotten_at_ms is None else key.forgotten_at_ms // 1000,
    }


def _mac(key: MacKey, use: str, active: MacKey, now_ms: int) -> dict[str, Any]:
    state = "active" if key is active else "published" if key.mints_from_ms > now_ms else "retired"
    return {
        "id": key.name,
        "use": use,
        "algorithm": "HMAC-SHA256",
        "audience": None,
        "state": state,
        "created_at": key.created_at_ms // 1000,
        "starts_at": max(key.mints_from_ms, key.created_at_ms) // 1000,
        "ends_at": None,
    }
