"""Admin keys: what machines show to the admin API, for one workspace or for the whole installation."""

from __future__ import annotations

from typing import Any, Final

from remint.errors import NotFound
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import question
from remint.issuer.console.visit import Visit
from remint.issuer.people.access import INSTALLATION_WIDE, PERMISSIONS, Permission
from remint.issuer.people.adminkeys import (
    LONGEST_DAYS,
    admin_keys,
    create_admin_key,
    revoke_admin_key,
)

_EVERYWHERE: Final = "-everywhere"
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "workspaces": ("Workspaces", "the workspace and its name"),
    "developments": ("Workspaces", "which development workspaces there are"),
    "members": ("Members", "members and invitations"),
    "apps": ("Apps", "apps, their credentials, installations and sales channels"),
    "users": ("Users and companies", "users and companies"),
    "grants": ("Grants", "grants"),
    "activity": ("Activity", "renewals over time"),
    "audit": ("Audit trail", "what happened, by whom"),
    "admin-keys": ("Admin keys", "keys such as this one"),
    "keys": ("Signing keys", "signing keys"),
    "accounts": ("Accounts", "accounts of the console"),
}
_VERBS: Final = {"read": "Read", "write": "Change"}
#: How long a key may be good, in days; nothing is for ever.
_DAYS: Final = (
    ("90", "90 days"),
    ("30", "30 days"),
    ("365", "a year"),
    ("", "until it is revoked"),
)


def all_keys(visit: Visit) -> Shown:
    """The keys, without what they are checked by."""
    now_s = visit.now_ms // 1000
    found = admin_keys(visit.installation, visit.workspace)
    context = {
        "admin_keys": [(each, _state(each.revoked_at, each.expires_at, now_s)) for each in found],
        **_names(visit),
    }
    return Shown("pages/adminkeys.html", context)


def ask_key(visit: Visit) -> Shown:
    """The form of a new key."""
    return _asking(visit, {"name": "", "days": "90"}, [], {})


def make_key(visit: Visit) -> Shown:
    """Makes a key, and shows it: there is no other copy."""
    typed = {"name": visit.form["name"], "days": visit.form["days"]}
    scopes = visit.form.list("scopes")
    problems = Problems("name", "scopes", "days", names={"expires_in_days": "days"})
    with problems.collecting():
        made = create_admin_key(
            visit.installation,
            visit.principal,
            typed["name"],
            scopes,
            workspace=visit.workspace,
            expires_in_days=_days(typed["days"]),
            actor=visit.actor,
        )
        base = f"{visit.public_url}/admin/v1"
        where = "" if visit.workspace is None else f"/{visit.workspace.id}"
        context = {
            "key": made.key,
            "secret": made.secret.reveal(),
            "curl": f"curl -sS -H 'Authorization: Bearer {made.secret.reveal()}' \\\n"
            f"  {base}/workspaces{where}",
            **_names(visit),
        }
        return Shown("pages/adminkeymade.html", context, shows_secret=True)
    return _asking(visit, typed, scopes, problems.errors)


def ask_revocation(visit: Visit) -> Shown:
    """Asks before a key is revoked."""
    number = visit.number("key")
    keys = {each.id: each for each in admin_keys(visit.installation, visit.workspace)}
    if number not in keys:
        raise NotFound(f"there is no admin key {number}")
    return question(
        visit,
        title=f"Revoke the key {keys[number].name}?",
        text="What uses it is refused from its next request on. This cannot be undone.",
        go="Revoke",
        back=visit.url(_name(visit, "admin-keys")),
    )


def revoke(visit: Visit) -> Goto:
    """Ends a key for good."""
    number = visit.number("key")
    revoke_admin_key(visit.installation, visit.workspace, number, actor=visit.actor)
    return Goto(visit.url(_name(visit, "admin-keys")), "The key was revoked.")


def scope_groups(visit: Visit) -> list[tuple[str, list[tuple[Permission, str, str]]]]:
    """What a key may be allowed here by who asks: groups of (scope, title, text)."""
    held = visit.principal.permissions(visit.workspace)
    groups: dict[str, list[tuple[Permission, str, str]]] = {}
    for scope in PERMISSIONS:
        subject, _, verb = scope.partition(":")
        title, text = _WORDS[subject]
        is_possible = visit.workspace is None or scope not in INSTALLATION_WIDE
        if scope in held and is_possible:
            groups.setdefault(title, []).append((scope, scope, f"{_VERBS[verb]} {text}."))
    return list(groups.items())


def _names(visit: Visit) -> dict[str, str]:
    """The names of these pages, which are two of each."""
    return {
        "admin_keys_page": _name(visit, "admin-keys"),
        "admin_key_new": _name(visit, "admin-key-new"),
        "admin_key_revoke": _name(visit, "admin-key-revoke"),
    }


def _name(visit: Visit, name: str) -> str:
    return name if visit.workspace else name + _EVERYWHERE


def _state(revoked_at: int, expires_at: int, now_s: int) -> str:
    if revoked_at:
        return "revoked"
    return "expired" if 0 < expires_at <= now_s else "good"


def _days(text: str) -> int | None:
    if not text:
        return None
    # What is no number is out of bounds, and told as such.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else LONGEST_DAYS + 1


def _asking(visit: Visit, typed: dict[str, str], scopes: list[str], errors: Errors) -> Shown:
    context: dict[str, Any] = {
        "typed": typed,
        "scopes": scopes,
        "groups": scope_groups(visit),
        "days": _DAYS,
        "errors": errors,
        **_names(visit),
    }
    return Shown("pages/adminkeynew.html", context, 422 if errors else 200)


def _pages(path: str, suffix: str, of: str) -> tuple[Page, ...]:
    """These pages for a workspace, or for the installation: the same but for where they are."""
    reading: Permission = "admin-keys:read"
    writing: Permission = "admin-keys:write"
    new, end = f"{path}/new", f"{path}/{{key}}/revoke"
    return (
        Page(
            method="GET",
            path=path,
            name=f"admin-keys{suffix}",
            handler=all_keys,
            permission=reading,
        ),
        Page(
            method="GET",
            path=new,
            name=f"admin-key-new{suffix}",
            handler=ask_key,
            permission=writing,
        ),
        Page(
            method="POST",
            path=new,
            name=f"admin-key-new{suffix}",
            handler=make_key,
            permission=writing,
            once=True,
            operation=f"create_{of}admin_key",
        ),
        Page(
            method="GET",
            path=end,
            name=f"admin-key-revoke{suffix}",
            handler=ask_revocation,
            permission=writing,
        ),
        Page(
            method="POST",
            path=end,
            name=f"admin-key-revoke{suffix}",
            handler=revoke,
            permission=writing,
            operation=f"revoke_{of}admin_key",
        ),
    )


PAGES: Final = (
    *_pages("/console/workspaces/{workspace}/admin-keys", "", ""),
    *_pages("/console/admin-keys", _EVERYWHERE, "installation_"),
)
