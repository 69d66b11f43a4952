"""An app as ``list`` and ``show`` tell it. Never a secret, nor what one is checked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from remint.cli.output import moment

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.store.records import App


def workspace_names(installation: Installation) -> dict[int, str]:
    """The name of each open workspace, by its number in the database."""
    return {each.id: each.name for each in installation.workspaces.open()}


def brief(found: App, workspaces: Mapping[int, str]) -> dict[str, Any]:
    """What tells apps apart. ``workspaces`` is what ``workspace_names`` gives."""
    return {
        "client_id": found.client_id,
        "name": found.name,
        "dialect": found.dialect,
        "authentication": found.authentication,
        "number": found.number,
        "workspace": workspaces[found.workspace_id],
        "sales_channel": found.sales_channel,
        "disabled": bool(found.disabled_at),
    }


def in_full(installation: Installation, found: App) -> dict[str, Any]:
    """All that may be shown of an app. ``claims`` are its own, ``token_claims`` what its tokens carry."""
    home = installation.workspaces.numbered(found.workspace_id)
    return {
        **brief(found, {home.id: home.name}),
        "description": found.description,
        "scope": found.scope,
        "audience": found.audience,
        "claims": found.claims,
        "company": found.token_claims.get("company_id") if found.company_id else None,
        "product_identifier": found.product_identifier or None,
        "token_claims": found.token_claims,
        "created_at": moment(found.created_at),
        "disabled_at": moment(found.disabled_at),
        "secrets": [
            {
                "id": each.id,
                "created_at": moment(each.created_at),
                "expires_at": moment(each.expires_at),
                "hint": each.hint,
            }
            for each in found.secrets
        ],
        "api_keys": told_api_keys(installation, found),
        "installations": [
            {"workspace": where.name, "installed_at": moment(each.created_at)}
            for each, where in installation.app_installations.of_app(found)
        ],
        "policy": msgspec.to_builtins(found.policy),
    }


def told_api_keys(installation: Installation, found: App) -> list[dict[str, Any]]:
    """The API keys of an app: when each was made, and ended."""
    return [
        {
            "id": each.id,
            "created_at": moment(each.created_at),
            "revoked_at": moment(each.revoked_at),
            "hint": each.hint,
        }
        for each in installation.credentials.api_keys(found)
    ]
