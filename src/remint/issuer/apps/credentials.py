"""What an app shows: secrets and API keys, new ones and the end of old ones.

Of a credential only its SHA-256 is kept, and the last four characters, by which people tell them apart.
"""

from __future__ import annotations

from typing import Final

from remint.errors import Conflict
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.apps.authentication import taken_over
from remint.issuer.defaults import DEFAULT_OVERLAP_SECONDS
from remint.issuer.installation import Installation
from remint.secret import Secret
from remint.store.records import App
from remint.token.credentials import fingerprint, looks_like, mint_api_key, mint_client_secret

_HINT_LENGTH: Final = 4


def rotate_secret(
    installation: Installation,
    app: App,
    *,
    overlap_seconds: int = DEFAULT_OVERLAP_SECONDS,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> Secret:
    """A new secret for ``app``; the one before it stays good for ``overlap_seconds`` more.

    Two are good at once: if there were two already, the older one ends now. Raises ``StaleVersion``, and
    ``Conflict`` for an app that shows none.
    """
    if app.authentication != "secret":
        raise Conflict(
            f"the app {app.client_id} has no client secret: "
            + ("it shows an API key" if app.authentication == "api_key" else "it shows none")
        )
    secret = mint_client_secret(installation.entropy)
    until = installation.clock.now_ms() // 1000 + overlap_seconds
    with installation.database.write():
        installation.credentials.add_secret(
            app,
            fingerprint(secret.reveal()),
            old_expires_at=until,
            hint=hint_of(secret),
            expected=expected,
        )
        note(installation, "secret_rotated", actor, app=app, overlap_seconds=overlap_seconds)
    return secret


def end_secret(
    installation: Installation,
    app: App,
    secret_id: int,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> None:
    """Ends a secret of ``app`` now, within a second everywhere. Raises ``NotFound`` and ``StaleVersion``."""
    with installation.database.write():
        installation.credentials.end_secret(app, secret_id, expected=expected)
        note(installation, "secret_ended", actor, app=app, id=secret_id)


def add_api_key(
    installation: Installation,
    app: App,
    existing: Secret | None = None,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> Secret:
    """A further API key for ``app``: drawn, or one that its client has already. Raises ``StaleVersion``."""
    if app.authentication != "api_key":
        raise Conflict(f"the app {app.client_id} does not authenticate by an API key")
    key = taken_over(existing) or mint_api_key(installation.entropy)
    with installation.database.write():
        check_free(installation, key)
        made = installation.credentials.add_api_key(
            app, fingerprint(key.reveal()), hint=hint_of(key), expected=expected
        )
        note(installation, "api_key_created", actor, app=app, id=made.id)
    return key


def revoke_api_key(
    installation: Installation,
    app: App,
    key_id: int,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> None:
    """Ends an API key of ``app`` for good. Raises ``NotFound`` and ``StaleVersion``."""
    with installation.database.write():
        installation.credentials.revoke_api_key(app, key_id, expected=expected)
        note(installation, "api_key_revoked", actor, app=app, id=key_id)


def check_free(installation: Installation, key: Secret) -> None:
    """Raises ``Conflict`` for an API key that is an app's already."""
    if installation.catalogue.find(api_key_sha256=fingerprint(key.reveal())) is not None:
        raise Conflict("that API key belongs to an app already")


def hint_of(credential: Secret) -> str:
    """The end of a credential that was drawn here, of its checksum; nothing of one from elsewhere."""
    shown = credential.reveal()
    ours = looks_like("client_secret", shown) or looks_like("api_key", shown)
    return shown[-_HINT_LENGTH:] if ours else ""
