"""What can be changed of an app once it is there."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from remint.grant import Policy
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.apps.apps import clean_audience, clean_scope, ensure_signing_key
from remint.issuer.apps.policies import policy_for
from remint.issuer.dialects import find_dialect
from remint.issuer.grants.claims import check_types
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name, clean_text
from remint.issuer.tenants.companies import company_in
from remint.store.records import App


class AppChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; what is left out stays.

    ``company`` is the id of one of the workspace's companies, ``None`` for no company. ``preset`` replaces
    the whole policy, by the dialect's own where it is ``None``; ``policy`` has the rules that differ from
    that, or from the present policy. Both hold for grants made from then on, and so does ``scope``.
    """

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    audience: str | UnsetType = UNSET
    claims: dict[str, Any] | UnsetType = UNSET
    company: int | UnsetType | None = UNSET
    preset: str | UnsetType | None = UNSET
    policy: dict[str, Any] | UnsetType = UNSET


def change_app(
    installation: Installation,
    app: App,
    changes: AppChanges,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> App:
    """Changes ``app``, and makes the signing key that its tokens need from now on.

    Raises ``ConfigurationError`` that names what will not do, and ``StaleVersion``.
    """
    wanted = _wanted(installation, app, changes)
    values = {name: value for name, value in wanted.items() if value != getattr(app, name)}
    if "policy" in values or "audience" in values:
        ensure_signing_key(
            installation,
            values.get("policy", app.policy),
            values.get("audience", app.audience),
        )
    with installation.database.write():
        changed = installation.catalogue.change(app, values, expected=expected)
        note(installation, "app_changed", actor, app=app, **_told(app, values))
    return changed


def _wanted(installation: Installation, app: App, changes: AppChanges) -> dict[str, Any]:
    """The columns that the changes are about, each as it is to be."""
    values: dict[str, Any] = {}
    if changes.name is not UNSET:
        values["name"] = clean_name(changes.name)
    if changes.description is not UNSET:
        values["description"] = clean_text(changes.description, key="description")
    if changes.scope is not UNSET:
        values["scope"] = clean_scope(changes.scope)
    if changes.audience is not UNSET:
        values["audience"] = clean_audience(changes.audience)
    if changes.claims is not UNSET:
        check_types(find_dialect(installation, app.dialect), changes.claims)
        values["claims"] = changes.claims
    if changes.company is not UNSET:
        home = installation.workspaces.numbered(app.workspace_id)
        values["company_id"] = company_in(installation, home, changes.company)
    if changes.preset is not UNSET or changes.policy is not UNSET:
        values["policy"] = _policy(installation, app, changes)
    return values


def _policy(installation: Installation, app: App, changes: AppChanges) -> Policy:
    keeps = changes.preset is UNSET
    return policy_for(
        find_dialect(installation, app.dialect),
        authenticates=app.authentication != "none",
        preset=None if changes.preset is UNSET else changes.preset,
        overrides=None if changes.policy is UNSET else changes.policy,
        present=app.policy if keeps else None,
    )


def _told(app: App, values: dict[str, Any]) -> dict[str, Any]:
    """What the audit trail says: which columns, and each rule of the policy that differs."""
    told: dict[str, Any] = {"fields": sorted(values)}
    if "policy" in values:
        before = msgspec.to_builtins(app.policy)
        after = msgspec.to_builtins(values["policy"])
        told["policy"] = {key: after[key] for key in after if after[key] != before[key]}
    return told
