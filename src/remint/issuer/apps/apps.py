"""Apps: created for a dialect, found, switched off and on."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from remint.dialect import Dialect
from remint.errors import ConfigurationError, Conflict, NotFound
from remint.grant import Policy, normalise
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.apps.authentication import authentication_of, number_for, taken_over
from remint.issuer.apps.credentials import check_free, hint_of
from remint.issuer.apps.policies import policy_for
from remint.issuer.defaults import DEFAULT_WORKSPACE
from remint.issuer.dialects import find_dialect
from remint.issuer.grants.claims import check_types
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name, clean_text
from remint.issuer.tenants.companies import company_in
from remint.issuer.tenants.workspaces import home_of
from remint.issuer.tenants.workspaces import workspace as workspace_of
from remint.secret import Secret
from remint.store.records import App, Authentication, NewApp, Workspace
from remint.token.credentials import fingerprint, mint_api_key, mint_client_secret, new_client_id

_LONGEST_CLIENT_ID: Final = 200
_LONGEST_AUDIENCE: Final = 500


class AppDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: see ``App``. What is left out follows from the dialect, or is drawn.

    ``workspace`` is made if it is only named and there is none. ``company`` is the id of one of its
    companies. ``policy`` holds keys of ``Policy`` that differ from the dialect's defaults, or from
    ``preset``. ``existing`` is a secret or API key that the client has already, from the system before this
    one. With ``credentials_later`` none is drawn: ``rotate_secret`` or ``add_api_key`` makes the first.
    """

    name: str
    dialect: str
    workspace: str | Workspace = DEFAULT_WORKSPACE
    description: str = ""
    client_id: str = ""
    number: int | None = None
    public: bool = False
    scope: str = ""
    audience: str = ""
    claims: dict[str, Any] = {}
    company: int | None = None
    preset: str | None = None
    policy: dict[str, Any] = {}
    existing: Secret | None = None
    credentials_later: bool = False


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
    secret, key = _credentials(installation, draft, authentication)
    new = _new_app(installation, draft, dialect, authentication)
    ensure_signing_key(installation, new.policy, new.audience)
    with installation.database.write():
        home = home_of(installation, draft.workspace, actor=actor)
        number = number_for(installation, dialect, draft.number)
        company_id = company_in(installation, home, draft.company)
        new = msgspec.structs.replace(
            new, workspace_id=home.id, number=number, company_id=company_id
        )
        app = _store(installation, new, secret, key)
        note(installation, "app_created", actor, app=app, dialect=dialect.name)
    return CreatedApp(app, secret, key)


def app_in(installation: Installation, workspace: Workspace, client_id: str) -> App:
    """The app of that client id in that workspace. Raises ``NotFound``, for one of another workspace too."""
    found = installation.catalogue.find(client_id=client_id)
    if found is None or found.workspace_id != workspace.id:
        raise NotFound(f"there is no app with the client id {client_id!r}")
    return found


def apps_in(
    installation: Installation,
    workspace: Workspace,
    *,
    query: str = "",
    after: int = 0,
    limit: int = 50,
) -> list[App]:
    """So many apps of that workspace, oldest first, from the one after the row ``after`` on.

    Those whose name or client id has ``query`` in it, without their secrets.
    """
    return installation.catalogue.search(workspace.id, query=query, after=after, limit=limit)


def switch(
    installation: Installation,
    app: App,
    *,
    on: bool,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> App:
    """Lets ``app`` be served, or has it refused like one that does not exist. Its grants stay.

    Raises ``StaleVersion``, and ``NotFound`` for one that ended with its workspace.
    """
    with installation.database.write():
        if on:
            workspace_of(installation, app.workspace_id)
        changed = installation.catalogue.set_disabled(app, not on, expected=expected)
        note(installation, "app_enabled" if on else "app_disabled", actor, app=app)
    return changed


def ensure_signing_key(installation: Installation, policy: Policy, audience: str) -> None:
    """Makes the key that access tokens under ``policy`` are signed with, if there is none yet."""
    installation.keys.access_signer(
        policy.access_algorithm,
        audience or installation.settings.base_url,
        installation.clock.now_ms(),
    )


def clean_audience(audience: str) -> str:
    """Whom tokens are for. Raises ``ConfigurationError`` for what no token says so."""
    # RFC 7519 §2: a StringOrURI is any string; one with a space or a control character is a slip.
    if len(audience) > _LONGEST_AUDIENCE or not audience.isprintable() or " " in audience:
        raise ConfigurationError(
            "no token is for such an audience",
            key="audience",
            expected=f"up to {_LONGEST_AUDIENCE} characters without a space, such as https://api.example",
        )
    return audience


def clean_scope(scope: str) -> str:
    """The words of a scope once each. Raises ``ConfigurationError``."""
    try:
        return normalise(scope)
    except ValueError as error:
        raise ConfigurationError(str(error), key="scope") from None


def _credentials(
    installation: Installation, draft: AppDraft, authentication: Authentication
) -> tuple[Secret | None, Secret | None]:
    """The secret and the API key of a new app: one of them, or neither."""
    if authentication == "none" and draft.existing is not None:
        raise Conflict(f"an app of the dialect {draft.dialect!r} shows no secret")
    if authentication == "none" or (draft.credentials_later and draft.existing is None):
        return None, None
    if authentication == "secret":
        return taken_over(draft.existing) or mint_client_secret(installation.entropy), None
    return None, taken_over(draft.existing) or mint_api_key(installation.entropy)


def _new_app(
    installation: Installation, draft: AppDraft, dialect: Dialect, authentication: Authentication
) -> NewApp:
    # What is missing may still come with the user or the grant; what is there must suit.
    check_types(dialect, draft.claims)
    return NewApp(
        workspace_id=0,
        client_id=_client_id(installation, draft.client_id),
        name=clean_name(draft.name),
        dialect=dialect.name,
        authentication=authentication,
        policy=policy_for(
            dialect,
            authenticates=authentication != "none",
            preset=draft.preset,
            overrides=draft.policy,
        ),
        scope=clean_scope(draft.scope),
        audience=clean_audience(draft.audience),
        claims=draft.claims,
        description=clean_text(draft.description, key="description"),
    )


def _client_id(installation: Installation, wanted: str) -> str:
    # RFC 6749 appendix A.1: a client id is of visible ASCII characters and spaces.
    if len(wanted) > _LONGEST_CLIENT_ID or not (wanted.isascii() and wanted.isprintable()):
        raise ConfigurationError(
            "no request can carry that client id",
            key="client_id",
            expected=f"up to {_LONGEST_CLIENT_ID} visible ASCII characters (RFC 6749 appendix A.1)",
        )
    return wanted or new_client_id(installation.entropy)


def _store(
    installation: Installation, new: NewApp, secret: Secret | None, key: Secret | None
) -> App:
    shown, hint = (None, "") if secret is None else (fingerprint(secret.reveal()), hint_of(secret))
    app = installation.catalogue.create_app(new, shown, hint=hint)
    if key is not None:
        check_free(installation, key)
        installation.credentials.add_api_key(app, fingerprint(key.reveal()), hint=hint_of(key))
        app = installation.catalogue.app(app.client_id)
    return app
