"""Users: made with a password that is kept as its Argon2id hash only."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from remint.errors import ConfigurationError
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.claims import check_complete
from remint.issuer.defaults import DEFAULT_WORKSPACE
from remint.issuer.installation import Installation
from remint.issuer.passwords import hash_password
from remint.secret import Secret
from remint.store.records import Workspace
from remint.token.credentials import new_client_id

SHORTEST_PASSWORD: Final = 8
"""NIST SP 800-63B §3.1.1.2: the least that a password chosen by its user must have."""
LONGEST_PASSWORD: Final = 1024
_PASSWORD: Final = "password"


class CreatedUser(msgspec.Struct, frozen=True):
    """A new user; the password is shown once if it was drawn."""

    subject: str
    password: Secret


def create_user(
    installation: Installation,
    username: str,
    password: Secret | None = None,
    *,
    workspace: str = DEFAULT_WORKSPACE,
    subject: str = "",
    claims: dict[str, Any] | None = None,
    actor: Actor = NOBODY,
) -> CreatedUser:
    """Makes a user, with a drawn ``subject`` and ``password`` where none is given.

    Raises ``Conflict`` for a taken name, ``NotFound`` for an unknown workspace and ``ConfigurationError``
    for a password that will not do, or where an app of the workspace could not answer the user's log-in for
    want of a claim.
    """
    chosen = password or Secret(new_client_id(installation.entropy))
    _check_password(chosen)
    home = installation.workspaces.named(workspace)
    _check_claims(installation, home, claims or {})
    named = subject or new_client_id(installation.entropy)
    installation.people.create(
        home.id, username, subject=named, password_hash=hash_password(chosen), claims=claims or {}
    )
    note(
        installation,
        "user_created",
        actor,
        workspace_id=home.id,
        workspace=workspace,
        subject=named,
    )
    return CreatedUser(named, chosen)


def _check_password(password: Secret) -> None:
    if not SHORTEST_PASSWORD <= len(password.reveal()) <= LONGEST_PASSWORD:
        raise ConfigurationError(
            "the password is too short or too long",
            expected=f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
        )


def _check_claims(installation: Installation, home: Workspace, claims: dict[str, Any]) -> None:
    for app in installation.catalogue.apps(home.id):
        dialect = installation.dialects.get(app.dialect)
        if dialect is None or app.disabled_at:
            continue
        if any(_PASSWORD in endpoint.grants for endpoint in dialect.endpoints):
            whose = f"neither the user nor the app {app.client_id}"
            check_complete(dialect, {**app.token_claims, **claims}, whose=whose)
