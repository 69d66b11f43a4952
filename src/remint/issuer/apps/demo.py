"""The demonstration: an app for each dialect, a user, a company, and the calls that use them.

What an app needs, and what its calls carry, is read from each dialect's file. Where people log in by
password, the user has a grant; any other app is installed in the workspace. One is a sales channel.

Its credentials are derived from the root key, so that a later start prints the same ones again although only
their hashes are stored, and a file of credentials that an earlier start wrote stays good. Refresh tokens
are used up by being used, so each start issues a grant of its own for each app. The earlier ones live on,
for somebody may hold their tokens, until they have been idle for as long as the policy says.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from remint.clock import Entropy
from remint.dialect import Dialect, TokenRequest, WireRequest
from remint.errors import ConfigurationError, Conflict, NotFound
from remint.issuer.actor import Actor
from remint.issuer.apps.apps import AppDraft, create_app, switch
from remint.issuer.apps.authentication import authentication_of
from remint.issuer.apps.credentials import add_api_key, hint_of
from remint.issuer.apps.installations import install, installations_of, new_refresh_token
from remint.issuer.apps.saleschannels import turn_into_sales_channel
from remint.issuer.grants.claims import example_claims
from remint.issuer.grants.grants import issue_for
from remint.issuer.grants.issuing import Issued
from remint.issuer.installation import Installation
from remint.issuer.people.passwords import hash_password
from remint.issuer.settings import Settings
from remint.issuer.tenants.companies import create_company
from remint.secret import Secret
from remint.store.records import App, Company, Workspace, company_claims
from remint.token.credentials import fingerprint, mint_api_key, mint_client_secret, new_client_id
from remint.token.rootkey import RootKey, load_root_key

KIND: Final = "demo"
"""The kind of a demonstration's workspace."""
NAME: Final = "Demonstration"
USERNAME: Final = "demo@example.com"
SUBJECT: Final = "demo-user"
_ACTOR: Final = Actor(KIND)
_SCOPE: Final = "openid orders:read"
_COMPANY: Final = (7713, "Acme Freight")
# The dialect whose contract has sales channels.
_WITH_CHANNELS: Final = "eshopbox"
_PASSWORD: Final = "password"
_FOREVER_SECONDS: Final = 10 * 365 * 86_400


class DemoCall(msgspec.Struct, frozen=True):
    """A call that works: what it does, and the request."""

    dialect: str
    grant: str
    title: str
    request: WireRequest


class Demonstration(msgspec.Struct, frozen=True):
    """What a demonstration offers. ``credentials`` has those of each dialect, as plain text."""

    base_url: str
    calls: list[DemoCall]
    credentials: dict[str, dict[str, Any]]

    def __repr__(self) -> str:
        return f"Demonstration(base_url={self.base_url!r}, …)"


def check_loopback(settings: Settings) -> None:
    """Raises ``ConfigurationError`` for an address that others can reach: its credentials are printed."""
    try:
        is_loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        is_loopback = settings.host == "localhost"
    if not is_loopback:
        raise ConfigurationError(
            f"a demonstration prints its credentials, so it is not served at {settings.host}",
            key="host",
            expected="an address of this machine alone: 127.0.0.1, ::1 or localhost",
        )


def prepare(
    installation: Installation, *, environ: Mapping[str, str] = os.environ
) -> Demonstration:
    """Makes what is missing of the demonstration, and calls that work from now on.

    Raises ``Conflict`` for an installation that has apps and is no demonstration.
    """
    check_loopback(installation.settings)
    workspace = _workspace(installation)
    root_key = load_root_key(installation.settings.root_key_path, environ)
    company = _ensure_company(installation, workspace)
    password = _ensure_user(installation, company, root_key)
    base_url = msgspec.structs.replace(installation.settings, issuer_url="").base_url
    # The oldest of each dialect: others may have come since.
    apps = {app.dialect: app for app in reversed(installation.catalogue.apps(workspace.id))}
    calls: list[DemoCall] = []
    credentials: dict[str, dict[str, Any]] = {}
    for dialect in installation.dialects.values():
        if not dialect.endpoints:
            continue
        present = apps.get(dialect.name)
        drawn = _derived(installation, root_key, _label(installation, dialect, present))
        app = _ensure_app(installation, workspace, company, dialect, drawn, present)
        values = {
            **_shown(app, drawn),
            "refresh_token": _issue(installation, workspace, dialect, app).refresh_token.reveal(),
            "username": USERNAME,
            "password": password.reveal(),
        }
        calls += _calls(installation, dialect, values, base_url)
        credentials[dialect.name] = _named(dialect, values)
    return Demonstration(base_url, calls, credentials)


def _workspace(installation: Installation) -> Workspace:
    for each in installation.workspaces.all():
        if each.kind == KIND:
            return each
    if installation.catalogue.apps():
        raise Conflict(
            f"{installation.settings.data_dir} holds apps that are no demonstration: "
            "name another folder with --data-dir, or serve it without --demo"
        )
    return installation.workspaces.ensure(NAME, kind=KIND)


def _derived(installation: Installation, root_key: RootKey, whose: str) -> Entropy:
    salt = installation.keys.ring.installation_id
    return lambda size: root_key.derive(f"demo/{whose}", salt)[:size]


def _label(installation: Installation, dialect: Dialect, app: App | None) -> str:
    """What the credentials of an app are derived by. An API key that was revoked is never good again."""
    keys = [] if app is None else installation.credentials.api_keys(app)
    revoked = sum(1 for key in keys if key.revoked_at)
    return f"{dialect.name}/{revoked}" if revoked else dialect.name


def _ensure_company(installation: Installation, workspace: Workspace) -> Company:
    number, name = _COMPANY
    try:
        return installation.companies.with_number(workspace.id, number)
    except NotFound:
        return create_company(installation, workspace, number, name, actor=_ACTOR)


def _ensure_user(installation: Installation, company: Company, root_key: RootKey) -> Secret:
    password = Secret(new_client_id(_derived(installation, root_key, "password of the user")))
    people = installation.people
    user = people.find(company.workspace_id, USERNAME)
    values: dict[str, Any] = {"password_hash": hash_password(password), "company_id": company.id}
    if user is None:
        people.create(company.workspace_id, USERNAME, subject=SUBJECT, claims={}, **values)
    else:
        people.change(user, {**values, "disabled_at": 0})
    return password


def _ensure_app(
    installation: Installation,
    workspace: Workspace,
    company: Company,
    dialect: Dialect,
    drawn: Entropy,
    app: App | None,
) -> App:
    authentication = authentication_of(dialect, public=False)
    secret = None
    if authentication == "secret":
        secret = mint_client_secret(drawn)
    elif authentication == "api_key":
        secret = mint_api_key(drawn)
    if app is None:
        claims = example_claims(dialect)
        of_company = company_claims(company.number, company.name)
        draft = AppDraft(
            name=f"Acme {dialect.title}",
            description=dialect.summary,
            dialect=dialect.name,
            workspace=workspace,
            scope=_SCOPE if _has_scopes(dialect) else "",
            company=company.id if claims.keys() & of_company.keys() else None,
            claims={name: claims[name] for name in claims if name not in of_company},
            existing=secret,
        )
        return _first(installation, create_app(installation, draft, actor=_ACTOR).app)
    if secret is not None:
        _ensure_credential(installation, app, secret)
    return switch(installation, app, on=True, actor=_ACTOR) if app.disabled_at else app


def _first(installation: Installation, app: App) -> App:
    """A new app as it is to be from its first start on; what people change of it later stays."""
    if app.dialect != _WITH_CHANNELS:
        return app
    return turn_into_sales_channel(installation, app, "sku", actor=_ACTOR)


def _ensure_credential(installation: Installation, app: App, secret: Secret) -> None:
    """Puts back what somebody rotated away, or what another root key gave before."""
    catalogue, shown = installation.catalogue, fingerprint(secret.reveal())
    if app.authentication == "api_key":
        if catalogue.find(api_key_sha256=shown) is None:
            add_api_key(installation, app, secret, actor=_ACTOR)
        return
    now_s = installation.clock.now_ms() // 1000
    held = catalogue.app(app.client_id).secrets
    if not any(each.sha256 == shown and not each.expires_at for each in held):
        installation.credentials.add_secret(
            app, shown, old_expires_at=now_s + _FOREVER_SECONDS, hint=hint_of(secret)
        )


def _has_scopes(dialect: Dialect) -> bool:
    fields = [field for call in dialect.served for field in call.form.answer.fields]
    return any(field.meaning in ("scope", "id_token") for field in fields)


def _shown(app: App, drawn: Entropy) -> dict[str, Any]:
    secret, key = mint_client_secret(drawn), mint_api_key(drawn)
    return {
        "client_id": app.client_id,
        "client_number": app.number,
        "client_secret": secret.reveal() if app.authentication == "secret" else None,
        "api_key": key.reveal() if app.authentication == "api_key" else None,
    }


def _issue(installation: Installation, workspace: Workspace, dialect: Dialect, app: App) -> Issued:
    """A grant: of the user, or of the workspace that the app is installed in."""
    if any(call.grant == _PASSWORD for call in dialect.served):
        return issue_for(installation, app, SUBJECT, actor=_ACTOR, how=KIND)
    for each, where in installations_of(installation, app):
        if where.id == workspace.id:
            return new_refresh_token(installation, app, each.id, actor=_ACTOR)
    return install(installation, app, workspace, actor=_ACTOR).issued


def _calls(
    installation: Installation, dialect: Dialect, values: Mapping[str, Any], base_url: str
) -> list[DemoCall]:
    made = []
    for call in dialect.served:
        extras = {field.extra: field.example for field in call.form.request if field.extra}
        request = call.encode(
            TokenRequest(call.grant, extras=extras, **values),
            base_url=base_url,
            now_ms=installation.clock.now_ms(),
            random=installation.entropy,
        )
        made.append(DemoCall(dialect.name, call.grant, call.form.summary or dialect.title, request))
    return made


def _named(dialect: Dialect, values: Mapping[str, Any]) -> dict[str, Any]:
    """The credentials that the calls of ``dialect`` carry, each by the name that its file gives it."""
    fields = [field for call in dialect.served for field in call.form.request]
    return {
        field.credential: values[field.meaning]
        for field in fields
        if values.get(field.meaning) is not None
    }
