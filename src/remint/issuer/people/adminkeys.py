"""Admin keys: what machines show to the admin API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast

import msgspec

from remint.errors import ConfigurationError, Denied, NotFound, Unauthenticated
from remint.issuer.actor import Actor, note
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name
from remint.issuer.people.access import INSTALLATION_WIDE, PERMISSIONS, Permission, Principal
from remint.secret import Secret
from remint.store.adminkeys import NewAdminKey
from remint.store.peoplerecords import AdminKey
from remint.store.records import Workspace
from remint.token.credentials import fingerprint, hint_of, looks_like, mint_admin_key

LONGEST_DAYS: Final = 3650
_DAY_SECONDS: Final = 86_400


class CreatedAdminKey(msgspec.Struct, frozen=True):
    """A new key. The secret is shown once."""

    key: AdminKey
    secret: Secret


def create_admin_key(
    installation: Installation,
    principal: Principal,
    name: str,
    scopes: Collection[str],
    *,
    workspace: Workspace | None,
    expires_in_days: int | None = None,
    actor: Actor,
) -> CreatedAdminKey:
    """Makes a key for a workspace, or for the whole installation.

    Without days it is good until it is revoked, or as long as the key that makes it.
    Raises ``ConfigurationError`` for scopes or days that will not do, also where the key would outlive the
    one that makes it, and ``Denied`` for a scope that ``principal``, who makes it, does not have there.
    """
    called = clean_name(name)
    wanted = _scopes(scopes, workspace)
    held = principal.permissions(workspace)
    for scope in wanted:
        if scope not in held:
            raise Denied(f"a key cannot be given {scope} by who does not have it", permission=scope)
    secret = mint_admin_key(installation.entropy)
    new = NewAdminKey(
        workspace_id=None if workspace is None else workspace.id,
        name=called,
        scopes=wanted,
        hint=hint_of(secret),
        created_by=actor.name,
        expires_at=_expiry(installation, principal, expires_in_days),
    )
    with installation.database.write():
        key = installation.admin_keys.create(new, fingerprint(secret.reveal()))
        _note(installation, "admin_key_created", actor, key, scopes=wanted)
    return CreatedAdminKey(key, secret)


def admin_keys(installation: Installation, workspace: Workspace | None) -> list[AdminKey]:
    """The workspace's keys, oldest first; with ``None``, those of the whole installation."""
    return installation.admin_keys.of_workspace(None if workspace is None else workspace.id)


def revoke_admin_key(
    installation: Installation, workspace: Workspace | None, key_id: int, *, actor: Actor
) -> None:
    """Ends a key for good, from its next request on. Raises ``NotFound`` if no live one has that id."""
    keys = installation.admin_keys
    with installation.database.write():
        ended = [key for key in admin_keys(installation, workspace) if key.id == key_id]
        if not (ended and keys.revoke(ended[0].workspace_id, key_id)):
            raise NotFound(f"there is no admin key {key_id} that is good")
        _note(installation, "admin_key_revoked", actor, ended[0])


def principal_of(installation: Installation, bearer: str, origin: str) -> Principal:
    """What the holder of a key may do. Raises ``Unauthenticated``, in the same words whatever is wrong."""
    key = None
    if looks_like("admin_key", bearer):
        key = installation.admin_keys.find(fingerprint(bearer))
    now_s = installation.clock.now_ms() // 1000
    if key is None or key.revoked_at or 0 < key.expires_at <= now_s:
        raise Unauthenticated("the key is unknown, revoked or has run out")
    return Principal(
        # Names may repeat; numbers do not.
        Actor(f"key {key.id} ({key.name})", origin),
        key_id=key.id,
        scopes=frozenset(cast(Collection[Permission], key.scopes)),
        workspace_id=key.workspace_id,
        expires_at=key.expires_at,
    )


def _scopes(given: Collection[str], workspace: Workspace | None) -> tuple[Permission, ...]:
    """The scopes in the order in which they are documented, each once."""
    possible = [each for each in PERMISSIONS if workspace is None or each not in INSTALLATION_WIDE]
    wrong = sorted(set(given) - set(possible))
    if wrong or not given:
        raise ConfigurationError(
            f"{wrong[0]!r} is no scope of such a key"
            if wrong
            else "a key without a scope is no use",
            key="scopes",
            expected=", ".join(possible),
        )
    return tuple(each for each in possible if each in given)


def _expiry(installation: Installation, principal: Principal, days: int | None) -> int:
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise ConfigurationError(
            f"a key cannot be good for {days} days",
            key="expires_in_days",
            expected=f"1 to {LONGEST_DAYS}, or nothing for a key that does not run out",
        )
    now_s = installation.clock.now_ms() // 1000
    # Else a key that is good for a day could be made to last.
    until = principal.expires_at if days is None else now_s + days * _DAY_SECONDS
    if 0 < principal.expires_at < until:
        raise ConfigurationError(
            "a key cannot outlive the one that makes it",
            key="expires_in_days",
            expected=f"{(principal.expires_at - now_s) // _DAY_SECONDS} at the most",
        )
    return until


def _note(
    installation: Installation, event: str, actor: Actor, key: AdminKey, **detail: Any
) -> None:
    note(
        installation,
        event,
        actor,
        workspace_id=key.workspace_id,
        id=key.id,
        name=key.name,
        **detail,
    )
