"""Making a grant: by a person's password, by command, by the demonstration."""

from __future__ import annotations

from typing import Any

import msgspec

from remint.errors import ConfigurationError, Conflict
from remint.grant import NEVER, Grant, Terms, normalise
from remint.grant.policy import for_client
from remint.issuer.actor import NOBODY, Actor, event
from remint.issuer.installation import Installation
from remint.secret import Secret
from remint.store.ledger import insert_unless_taken
from remint.store.protocols import Held
from remint.store.records import App


class Issued(msgspec.Struct, frozen=True):
    """A new grant and its first refresh token, which is shown once."""

    held: Held
    refresh_token: Secret


def terms_for(app: App, *, scope: str | None = None, claims: dict[str, Any] | None = None) -> Terms:
    """The terms of a grant made for ``app`` now. Raises ``ConfigurationError`` where they cannot be."""
    try:
        words = app.scope if scope is None else normalise(scope)
        policy = for_client(app.policy, authenticates=app.authentication != "none")
    except ValueError as error:
        raise ConfigurationError(str(error), key=f"app {app.client_id}") from None
    if app.scope and not set(words.split()) <= set(app.scope.split()):
        raise Conflict(f"the scope asks for more than the app has: {app.scope!r}")
    return Terms(policy, words, claims or {})


def new_grant(
    installation: Installation,
    app: App,
    subject: str,
    terms: Terms,
    *,
    grant_id: bytes | None = None,
    expires_at: int | None = None,
) -> Grant:
    """A grant of generation 0, not stored yet. With a ``grant_id`` it is an imported one.

    ``expires_at`` (seconds) replaces what the policy says about its absolute lifetime.
    """
    now_ms = installation.database.now_ms()
    now_s = now_ms // 1000
    if expires_at is None:
        lifetime = terms.policy.absolute_lifetime_seconds
        expires_at = NEVER if lifetime is None else now_s + lifetime
    return Grant(
        id=grant_id or installation.entropy(16),
        app_id=app.id,
        subject=subject,
        terms_id=0,
        salt=installation.entropy(16),
        generation=0,
        key_id=installation.keys.mint_key(now_ms).id,
        created_at=now_s,
        expires_at=expires_at,
        advanced_at_ms=now_ms,
        imported=int(grant_id is not None),
    )


def issue(
    installation: Installation,
    app: App,
    subject: str,
    *,
    scope: str | None = None,
    claims: dict[str, Any] | None = None,
    actor: Actor = NOBODY,
    how: str = "command",
) -> Issued:
    """Makes a grant for ``subject``, durably. Blocks; raises what ``terms_for`` and the store raise."""
    terms = terms_for(app, scope=scope, claims=claims)

    def once() -> Grant:
        grant = new_grant(installation, app, subject, terms)
        issued = event(installation, "grant_issued", actor, app=app, grant_id=grant.id, how=how)
        return installation.ledger.issue(grant, terms, issued)

    grant = insert_unless_taken(once)
    line = installation.keys.codec.line(grant.key_id, grant.salt)
    assert line is not None, "the key that was just chosen is in the ring"
    token = line.token(grant.id, grant.generation, grant.expires_at)
    return Issued(Held(grant, terms), Secret(token))
