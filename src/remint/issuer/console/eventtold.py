"""Events of the audit trail in a sentence each, for who reads the trail on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from remint.store.protocols import AuditEvent

Kind = Literal["", "good", "info", "warn", "danger"]

#: What each event says; ``{name}`` is of its detail.
SENTENCES: Final[dict[str, str]] = {
    "account_changed": "Changed the account {account}.",
    "account_created": "Made the account {account}.",
    "account_password_changed": "Changed the password of {account}.",
    "admin_key_created": "Made the admin key {id} ({name}), which may {scopes}.",
    "admin_key_revoked": "Revoked the admin key {id} ({name}).",
    "api_key_created": "Gave the app an API key.",
    "api_key_revoked": "Revoked an API key of the app.",
    "app_changed": "Changed what the app is, or its policy.",
    "app_created": "Created the app, in the dialect {dialect}.",
    "app_disabled": "Disabled the app: its renewals are refused.",
    "app_enabled": "Enabled the app again.",
    "app_installed": "Installed the app in {installed_in}.",
    "app_revoked": "Revoked every grant of the app.",
    "app_uninstalled": "Uninstalled the app from {installed_in}.",
    "company_changed": "Renamed the company {number} to {name}.",
    "company_created": "Made the company {name}, number {number}.",
    "grant_issued": "A grant was issued ({how}).",
    "grant_revoked": "Revoked a grant.",
    "invitation_revoked": "Withdrew an invitation.",
    "invited": "Invited {account} as {role}.",
    "key_shared": "Was shown the HS256 key of {audience}.",
    "keys_rotated": "Rotated keys: {algorithms}.",
    "log_in_refused": "Somebody tried to log in with a wrong password.",
    "logged_in": "Logged in.",
    "logged_out": "Logged out.",
    "member_joined": "{account} joined as {role}.",
    "member_removed": "Removed {account}, who was {role}.",
    "member_role_changed": "Made {account} {role}.",
    "orphaned": "A genuine refresh token came for a grant that is not in the database.",
    "password_link_made": "Made a link to a new password for {account}.",
    "retry_streak": "Retries in {generations} generations running: two may hold the same tokens.",
    "reuse_detected": "An old refresh token was replayed ({presented}; the newest is {newest})."
    " The grant was revoked.",
    "rewound": "A token newer than the database knew came back ({presented} after {newest}):"
    " the database went back in time. It was answered.",
    "sales_channel_ended": "The app is no sales channel any more; it was {sales_channel}.",
    "sales_channel_set": "The app is the sales channel {sales_channel}, products by"
    " {product_identifier}.",
    "secret_ended": "Ended a client secret of the app.",
    "secret_rotated": "Gave the app a new client secret.",
    "session_ended": "Ended a session of {account}.",
    "sessions_ended": "Ended {count} sessions of {account}.",
    "subject_revoked": "Revoked every grant of {subject}.",
    "tokens_imported": "Imported {imported} refresh tokens; {refused} were refused.",
    "user_changed": "Changed the user {username}.",
    "user_created": "Made the user {username}.",
    "user_password_set": "Gave the user {username} a new password.",
    "workspace_closed": "Closed the workspace {workspace}.",
    "workspace_created": "Made the workspace {workspace}.",
    "workspace_renamed": "Renamed the workspace {before} to {workspace}.",
    "workspace_revoked": "Revoked every grant in the workspace {workspace}.",
}
_KINDS: Final[dict[str, Kind]] = {
    "reuse_detected": "danger",
    "retry_streak": "warn",
    "rewound": "warn",
    "orphaned": "warn",
    "log_in_refused": "warn",
}


class Told(msgspec.Struct, frozen=True):
    """An event in words, and how alarming it is."""

    sentence: str
    kind: Kind


def told(event: AuditEvent) -> Told:
    """What ``event`` says. One that has no sentence says its name."""
    form = SENTENCES.get(event.event, f"{event.event.replace('_', ' ').capitalize()}.")
    return Told(form.format_map(_Details(event.detail)), _KINDS.get(event.event, ""))


class _Details(dict[str, str]):
    """The details of an event as words; one that is missing is a dash."""

    def __init__(self, detail: Mapping[str, Any]) -> None:
        super().__init__()
        for name, value in detail.items():
            if isinstance(value, Mapping):
                self.update(_Details(value))
            else:
                self[name] = _worded(value)

    def __missing__(self, name: str) -> str:
        return "\N{EN DASH}"


def _worded(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
