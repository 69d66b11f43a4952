"""Apps: created for a dialect, given new credentials, switched off and on."""

from __future__ import annotations

from typing import Any

import msgspec

from remint.dialect import Dialect
from remint.errors import ConfigurationError, Conflict, NotFound
from remint.grant import normalise
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.authentication import authentication_of, number_for, taken_over
from remint.issuer.claims import check_types
from remint.issuer.defaults import DEFAULT_OVERLAP_SECONDS, DEFAULT_WORKSPACE
from remint.issuer.installation import Installation
from remint.issuer.policies import policy_for
from remint.secret import Secret
from remint.store.records import App, Authentication, NewApp
from remint.token.credentials import fingerprint, mint_api_key, mint_client_secret, new_client_id


class AppDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: see ``App``. What is left out follows from the dialect, or is drawn.

    ``policy`` holds keys of ``Policy`` that differ from the dialect's defaults, or from ``preset``.
    ``existing`` is a secret or API key that the client has already, from the system before this one.
    """

    name: str
    dialect: str
    workspace: str = DEFAULT_WORKSPACE
    client_id: str = ""
    number: int | None = None
    public: bool = False
    scope: str = ""
    audience: str = ""
    claims: dict[str, Any] = {}
    preset: str | None = None
    policy: dict[str, Any] = {}
    existing: Secret | None = None


class CreatedApp(msgspec.Struct, frozen=True):
    """A new app and its credentials, which are shown once."""

    app: App
    client_secret: Secret | None = None
    api_key: Secret | None = None


def create_app(installation: Installation, draft: AppDraft, *, actor: Actor = NOBODY) -> CreatedApp:
    """Makes an app, and the signing key that its access tokens need.

    Raises ``NotFound`` for an unknown dialect, ``Conflict`` for a taken client id or number, and
    ``ConfigurationError`` for what cannot be served.
    """
    dialect = find_dialect(installation, draft.dialect)
    authentication = authentication_of(dialect, public=draft.public)
    new = _new_app(installation, draft, dialect, authentication)
    secret = key = None
    if authentication == "secret":
        secret = taken_over(draft.existing) or mint_client_secret(installation.entropy)
    elif authentication == "api_key":
        key = taken_over(draft.existing) or mint_api_key(installation.entropy)
        _check_free(installation, key)
    elif draft.existing is not None:
        raise Conflict(f"an app of the dialect {dialect.name!r} shows no secret")
    installation.keys.access_signer(
        new.policy.access_algorithm,
        new.audience or installation.settings.base_url,
        installation.clock.now_ms(),
    )
    workspace = installation.workspaces.ensure(draft.workspace)
    new = msgspec.structs.replace(new, workspace_id=workspace.id)
    shown = None if secret is None else fingerprint(secret.reveal())
    app = installation.catalogue.create_app(new, shown)
    if key is not None:
        installation.credentials.add_api_key(app, fingerprint(key.reveal()))
    note(installation, "app_created", actor, app=app, dialect=dialect.name)
    return CreatedApp(app, secret, key)


def rotate_secret(
    installation: Installation,
    app: App,
    *,
    overlap_seconds: int = DEFAULT_OVERLAP_SECONDS,
    actor: Actor = NOBODY,
) -> Secret:
    """A new secret for ``app``; the one before it stays good for ``overlap_seconds`` more."""
    if app.authentication != "secret":
        raise Conflict(
            f"the app {app.client_id} has no client secret: "
            + ("it shows an API key" if app.authentication == "api_key" else "it shows none")
        )
    secret = mint_client_secret(installation.entropy)
    until = installation.clock.now_ms() // 1000 + overlap_seconds
    installation.credentials.add_secret(app, fingerprint(secret.reveal()), old_expires_at=until)
    note(installation, "secret_rotated", actor, app=app, overlap_seconds=overlap_seconds)
    return secret


def add_api_key(
    installation: Installation, app: App, existing: Secret | None = None, *, actor: Actor = NOBODY
) -> Secret:
    """A further API key for ``app``: drawn, or one that its client has already."""
    if app.authentication != "api_key":
        raise Conflict(f"the app {app.client_id} does not authenticate by an API key")
    key = taken_over(existing) or mint_api_key(installation.entropy)
    _check_free(installation, key)
    installation.credentials.add_api_key(app, fingerprint(key.reveal()))
    note(installation, "api_key_created", actor, app=app)
    return key


def revoke_api_key(
    installation: Installation, app: App, key_id: int, *, actor: Actor = NOBODY
) -> None:
    """Ends an API key of ``app``. Raises ``NotFound``."""
    installation.credentials.revoke_api_key(app, key_id)
    note(installation, "api_key_revoked", actor, app=app, id=key_id)


def switch(installation: Installation, app: App, *, on: bool, actor: Actor = NOBODY) -> None:
    """Lets ``app`` be served, or has it refused like one that does not exist. Its grants stay."""
    installation.catalogue.set_disabled(app, not on)
    note(installation, "app_enabled" if on else "app_disabled", actor, app=app)


def find_dialect(installation: Installation, name: str) -> Dialect:
    """A dialect that can be served. Raises ``NotFound`` or ``Conflict``."""
    dialect = installation.dialects.get(name)
    if dialect is None:
        known = ", ".join(sorted(installation.dialects))
        raise NotFound(f"there is no dialect named {name!r}; there are {known}")
    if not dialect.endpoints:
        raise Conflict(f"the dialect {name!r} is for calling only: it cannot be served")
    return dialect


def _check_free(installation: Installation, key: Secret) -> None:
    if installation.catalogue.find(api_key_sha256=fingerprint(key.reveal())) is not None:
        raise Conflict("that API key belongs to an app already")


def _new_app(
    installation: Installation, draft: AppDraft, dialect: Dialect, authentication: Authentication
) -> NewApp:
    # What is missing may still come with the user or the grant; what is there must suit.
    check_types(dialect, draft.claims)
    try:
        scope = normalise(draft.scope)
    except ValueError as error:
        raise ConfigurationError(str(error), key="scope") from None
    return NewApp(
        workspace_id=0,
        client_id=draft.client_id or new_client_id(installation.entropy),
        name=draft.name,
        dialect=dialect.name,
        authentication=authentication,
        policy=policy_for(
            dialect,
            authenticates=authentication != "none",
            preset=draft.preset,
            overrides=draft.policy,
        ),
        number=number_for(installation, dialect, draft.number),
        scope=scope,
        audience=draft.audience,
        claims=draft.claims,
    )
