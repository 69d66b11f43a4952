"""Users: made with a password that is kept as its Argon2id hash only, found, changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from remint.errors import ConfigurationError
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.defaults import DEFAULT_WORKSPACE
from remint.issuer.grants.claims import check_complete, check_size
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name
from remint.issuer.people.passwords import hash_password
from remint.issuer.tenants.companies import company_in
from remint.issuer.tenants.workspaces import workspace as workspace_of
from remint.secret import Secret
from remint.store.records import INSTALLED, App, User, Workspace, company_claims
from remint.token.credentials import new_client_id

SHORTEST_PASSWORD: Final = 8
"""NIST SP 800-63B §3.1.1.2: the least that a password chosen by its user must have."""
LONGEST_PASSWORD: Final = 1024
# RFC 3696 erratum 1690: an address has 254 at the most; older ones say 320, and so do dialects.
_LONGEST_USERNAME: Final = 320
_LONGEST_SUBJECT: Final = 255
_PASSWORD: Final = "password"


class CreatedUser(msgspec.Struct, frozen=True):
    """A new user; the password is shown once if it was drawn."""

    user: User
    password: Secret


def create_user(
    installation: Installation,
    username: str,
    password: Secret | None = None,
    *,
    workspace: str | Workspace = DEFAULT_WORKSPACE,
    subject: str = "",
    claims: dict[str, Any] | None = None,
    company: int | None = None,
    actor: Actor = NOBODY,
) -> CreatedUser:
    """Makes a user, with a drawn ``subject`` and ``password`` where none is given.

    ``company`` is the id of one of the workspace's companies. Raises ``Conflict`` for a taken name,
    ``NotFound`` for an unknown workspace and ``ConfigurationError`` for a password that will not do, or where
    an app of the workspace could not answer the user's log-in for want of a claim.
    """
    name = clean_name(username, key="username", longest=_LONGEST_USERNAME)
    named = _subject(installation, subject)
    chosen = password or Secret(new_client_id(installation.entropy))
    stored = _stored(chosen)
    with installation.database.write():
        home = _home(installation, workspace)
        company_id = company_in(installation, home, company)
        _check_claims(installation, home.id, company_id, claims or {})
        made = installation.people.create(
            home.id,
            name,
            subject=named,
            password_hash=stored,
            claims=claims or {},
            company_id=company_id,
        )
        _note(installation, "user_created", actor, made)
    return CreatedUser(made, chosen)


def users(
    installation: Installation,
    workspace: Workspace,
    *,
    query: str = "",
    after: int = 0,
    limit: int = 50,
) -> list[User]:
    """So many users of a workspace, oldest first, from the one after the id ``after`` on.

    Those whose name has ``query`` in it.
    """
    return installation.people.search(workspace.id, query=query, after=after, limit=limit)


def user(installation: Installation, workspace: Workspace, user_id: int) -> User:
    """The user of that id in that workspace. Raises ``NotFound``."""
    return installation.people.numbered(workspace.id, user_id)


def change_user(
    installation: Installation,
    changed: User,
    *,
    claims: dict[str, Any] | None = None,
    company: int | UnsetType | None = UNSET,
    disabled: bool | None = None,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> User:
    """Changes what is given; ``company`` is an id, ``None`` for no company. Grants stay as they were made.

    A disabled user cannot log in; what was granted before is revoked by subject. Raises
    ``ConfigurationError`` as ``create_user`` does, and ``StaleVersion``.
    """
    values: dict[str, Any] = {}
    if disabled is not None:
        values["disabled_at"] = installation.clock.now_ms() // 1000 if disabled else 0
    if claims is not None:
        values["claims"] = claims
    with installation.database.write():
        if company is not UNSET:
            home = installation.workspaces.numbered(changed.workspace_id)
            values["company_id"] = company_in(installation, home, company)
        if values.keys() & {"claims", "company_id"}:
            _check_claims(
                installation,
                changed.workspace_id,
                values.get("company_id", changed.company_id),
                values.get("claims", changed.claims),
            )
        made = installation.people.change(changed, values, expected=expected)
        _note(installation, "user_changed", actor, made, fields=sorted(values))
    return made


def set_user_password(
    installation: Installation,
    changed: User,
    password: Secret | None = None,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> Secret:
    """Gives a user another password, drawn where none is given; the drawn one is shown once.

    Raises ``ConfigurationError`` for one that will not do, and ``StaleVersion``.
    """
    chosen = password or Secret(new_client_id(installation.entropy))
    values = {"password_hash": _stored(chosen)}
    with installation.database.write():
        made = installation.people.change(changed, values, expected=expected)
        _note(installation, "user_password_set", actor, made)
    return chosen


def _home(installation: Installation, named: str | Workspace) -> Workspace:
    if isinstance(named, Workspace):
        return workspace_of(installation, named.id)
    return installation.workspaces.named(named)


def _subject(installation: Installation, wanted: str) -> str:
    if not wanted:
        return new_client_id(installation.entropy)
    if wanted.startswith(INSTALLED):
        raise ConfigurationError(
            f"subjects that begin with {INSTALLED!r} are installed apps'",
            key="subject",
            expected="your own id for the person",
        )
    return clean_name(wanted, key="subject", longest=_LONGEST_SUBJECT)


def _stored(password: Secret) -> str:
    if not SHORTEST_PASSWORD <= len(password.reveal()) <= LONGEST_PASSWORD:
        raise ConfigurationError(
            "the password is too short or too long",
            key="password",
            expected=f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
        )
    return hash_password(password)


def _check_claims(
    installation: Installation,
    workspace_id: int,
    company_id: int | None,
    claims: Mapping[str, Any],
) -> None:
    """Raises ``ConfigurationError`` where an app that such a user may log in by could not answer."""
    check_size(claims)
    carried = dict(claims)
    if company_id is not None:
        company = installation.companies.numbered(workspace_id, company_id)
        carried |= company_claims(company.number, company.name)
    for app in installation.catalogue.apps(workspace_id):
        if app.disabled_at or not may_log_in_by(app, company_id):
            continue
        dialect = installation.dialects.get(app.dialect)
        if dialect and any(_PASSWORD in endpoint.grants for endpoint in dialect.endpoints):
            whose = f"neither the user nor the app {app.client_id}"
            check_complete(dialect, {**app.token_claims, **carried}, whose=whose)


def may_log_in_by(app: App, company_id: int | None) -> bool:
    """Whether a user of that company (``None``: of none) may log in by ``app``.

    An app of a company is for that company's users; one of none is for everybody's.
    """
    return app.company_id is None or app.company_id == company_id


def _note(installation: Installation, name: str, actor: Actor, about: User, **detail: Any) -> None:
    note(
        installation,
        name,
        actor,
        workspace_id=about.workspace_id,
        username=about.username,
        subject=about.subject,
        **detail,
    )
