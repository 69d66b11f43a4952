"""For every operation a request that succeeds in a furnished installation: what the tests vary.

A new operation without one fails the tests by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from remint.issuer.admin.operation import Operation
from remint.issuer.admin.routing import PREFIX
from tests.admin.world import World

Json = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """What a request of an operation says, but for what every one does."""

    path: dict[str, str] = field(default_factory=dict)
    body: Json | None = None
    query: dict[str, str] = field(default_factory=dict)


_CARRIER = {"client_id": "carrier"}
_SPARE = {"client_id": "spare"}
_DAY = {"since": "2026-01-01T00:00:00Z"}

EXAMPLES: dict[str, Example] = {
    "list_workspaces": Example(),
    "create_workspace": Example(body={"name": "New"}),
    "show_workspace": Example(),
    "rename_workspace": Example(body={"name": "Acme Orders"}),
    "close_workspace": Example({"workspace": "{development}"}),
    "create_development_workspace": Example(body={"name": "Acme next"}),
    "revoke_grants_of_workspace": Example(),
    "revoke_grants_of_subject": Example(body={"subject": "user-1"}),
    "list_members": Example(),
    "show_member": Example(),
    "set_role": Example(body={"role": "viewer"}),
    "remove_member": Example(),
    "list_invitations": Example(),
    "create_invitation": Example(body={"email": "mary@example.com", "role": "developer"}),
    "revoke_invitation": Example(),
    "show_caller": Example(),
    "list_admin_keys": Example(),
    "create_admin_key": Example(body={"name": "deploy", "scopes": ["apps:read"]}),
    "revoke_admin_key": Example(),
    "list_installation_admin_keys": Example(),
    "create_installation_admin_key": Example(body={"name": "all", "scopes": ["keys:read"]}),
    "revoke_installation_admin_key": Example({"admin_key": "{installation_admin_key}"}),
    "list_apps": Example(query={"query": "ord"}),
    "create_app": Example(body={"name": "Returns", "dialect": "eshopbox"}),
    "show_app": Example(),
    "change_app": Example(body={"name": "Orders", "policy": {"access_lifetime_seconds": 900}}),
    "disable_app": Example(),
    "enable_app": Example(),
    "revoke_grants_of_app": Example(),
    "show_app_activity": Example(query=_DAY | {"span_seconds": "3600"}),
    "list_secrets": Example(),
    "create_secret": Example(body={"overlap_seconds": 60}),
    "end_secret": Example(),
    "list_api_keys": Example(_CARRIER),
    "create_api_key": Example(_CARRIER, body={}),
    "revoke_api_key": Example(_CARRIER),
    "list_installations": Example(),
    "install_app": Example(_SPARE, body={"development_workspace": "Trial"}),
    "uninstall_app": Example(),
    "create_refresh_token": Example(),
    "set_sales_channel": Example(body={"product_identifier": "ean"}),
    "end_sales_channel": Example(),
    "list_partners": Example(),
    "show_partner": Example(),
    "list_companies": Example(query={"query": "771"}),
    "create_company": Example(body={"number": 7714, "name": "Umbrella"}),
    "show_company": Example(),
    "change_company": Example(body={"name": "Acme Ltd"}),
    "list_users": Example(query={"limit": "1"}),
    "create_user": Example(
        body={"username": "joan@example.com", "claims": {"company_id": 7713, "customer_name": "A"}}
    ),
    "show_user": Example(),
    "change_user": Example(body={"disabled": True}),
    "set_user_password": Example(body={}),
    "list_grants": Example(query={"client_id": "orders"}),
    "create_grant": Example(body={"subject": "user-2"}),
    "show_grant": Example(),
    "revoke_grant": Example(),
    "list_events": Example(query={"event": "app_created", "limit": "1"}),
    "export_events": Example(),
    "list_installation_events": Example(query={"since": "2026-01-01T00:00:00Z"}),
    "export_installation_events": Example(),
    "show_activity": Example(),
    "show_installation_activity": Example(),
    "list_policies": Example(),
    "list_dialects": Example(),
    "show_dialect": Example({"dialect": "eshopbox"}),
    "list_keys": Example(),
    "rotate_keys": Example(body={"algorithms": ["ES256"]}),
    "share_key": Example(body={"audience": "https://api.example"}),
    "list_accounts": Example(),
    "create_account": Example(
        body={
            "email": "mary@example.com",
            "name": "Mary",
            "password": "a long and winding road",
        }
    ),
    "show_account": Example(),
    "change_account": Example(body={"operator": False}),
    "create_password_link": Example(),
    "end_sessions": Example(),
    "describe": Example(),
}


def address(operation: Operation, world: World, **others: str) -> str:
    """The example's path and query, with ``others`` in the place of parts of the path."""
    example = EXAMPLES[operation.name]
    ids = {**world.ids, **{name: each.format(**world.ids) for name, each in example.path.items()}}
    ids |= others
    path = re.sub(r"{(\w+)}", lambda found: quote(ids[found[1]], safe=""), operation.path)
    return PREFIX + path + (f"?{urlencode(example.query)}" if example.query else "")
