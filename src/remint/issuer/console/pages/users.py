"""Users: who logs in to an app by password. Found, made, changed, disabled, given a new password."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from remint.errors import StaleVersion
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.jsonfield import json_object, json_text
from remint.issuer.console.meanwhile import meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import question
from remint.issuer.console.paging import PAGE_ROWS, after, rows
from remint.issuer.console.visit import Visit
from remint.issuer.tenants.companies import companies, company
from remint.issuer.tenants.users import change_user, create_user, set_user_password, user, users
from remint.store.records import Company, User

#: So many companies a form offers; beyond them, one is chosen by command.
_COMPANIES: Final = 200
_NO_COMPANY: Final = ""


class Typed(msgspec.Struct, frozen=True):
    """What the form of a user holds. ``company`` is an id as text, empty for none."""

    username: str = ""
    subject: str = ""
    company: str = _NO_COMPANY
    claims: str = ""


def all_users(visit: Visit) -> Shown:
    """The users of the workspace whose name has what was searched for in it."""
    query, begun = visit.query.get("q", ""), after(visit)
    found = users(visit.installation, visit.here, query=query, after=begun, limit=PAGE_ROWS + 1)
    return Shown("pages/users.html", {"users": rows(found, begun), "query": query})


def ask_user(visit: Visit) -> Shown:
    """The form of a new user."""
    return _asking(visit, Typed(), {})


def make_user(visit: Visit) -> Shown:
    """Makes a user, and shows the password that was drawn: there is no other copy."""
    typed = _typed(visit)
    problems = Problems("username", "subject", "claims", "company")
    with problems.collecting():
        made = create_user(
            visit.installation,
            typed.username,
            workspace=visit.here,
            subject=typed.subject,
            claims=json_object(typed.claims, "claims"),
            company=_company_id(typed.company),
            actor=visit.actor,
        )
        return _password_shown(visit, typed.username, made.password.reveal(), is_new=True)
    return _asking(visit, typed, problems.errors)


def one_user(visit: Visit) -> Shown:
    """A user, to be changed."""
    found = _found(visit)
    return _editing(visit, found, _as_typed(found), {})


def change(visit: Visit) -> Shown | Goto:
    """Changes a user's company and claims, unless somebody else was faster."""
    found, typed = _found(visit), _typed(visit)
    problems = Problems("claims", "company")
    try:
        with problems.collecting():
            change_user(
                visit.installation,
                found,
                claims=json_object(typed.claims, "claims"),
                company=_company_id(typed.company),
                expected=visit.version,
                actor=visit.actor,
            )
            said = "Saved. Tokens say it from the next log-in on."
            return Goto(visit.url("user", user=found.id), said)
    except StaleVersion:
        return _editing(visit, _found(visit), typed, {}, is_stale=True)
    return _editing(visit, found, typed, problems.errors)


def ask_switch(visit: Visit) -> Shown:
    """Asks before a user is disabled, or enabled again."""
    found = _found(visit)
    enables = bool(found.disabled_at)
    return question(
        visit,
        title=f"{'Enable' if enables else 'Disable'} {found.username}?",
        text="The user can log in again."
        if enables
        else "The user cannot log in. Grants that there are stay: revoke them separately.",
        go="Enable" if enables else "Disable",
        back=visit.url("user", user=found.id),
        fields={"version": found.version, "disabled": "" if enables else "on"},
        is_dangerous=not enables,
    )


def switch(visit: Visit) -> Goto:
    """Disables a user, or enables one again."""
    found, disabled = _found(visit), visit.form["disabled"] == "on"
    change_user(
        visit.installation, found, disabled=disabled, expected=visit.version, actor=visit.actor
    )
    said = f"{found.username} is {'disabled' if disabled else 'enabled'}."
    return Goto(visit.url("user", user=found.id), said)


def ask_password(visit: Visit) -> Shown:
    """Asks before a user gets a new password."""
    found = _found(visit)
    return question(
        visit,
        title=f"Draw a new password for {found.username}?",
        text="The old one stops working at once. The new one is shown to you, once.",
        go="Draw a new password",
        back=visit.url("user", user=found.id),
        fields={"version": found.version},
    )


def draw_password(visit: Visit) -> Shown:
    """Gives a user a password that was drawn, and shows it: there is no other copy."""
    found = _found(visit)
    drawn = set_user_password(visit.installation, found, expected=visit.version, actor=visit.actor)
    return _password_shown(visit, found.username, drawn.reveal(), is_new=False)


def _found(visit: Visit) -> User:
    return user(visit.installation, visit.here, visit.number("user"))


def _typed(visit: Visit) -> Typed:
    form = visit.form
    return Typed(form["username"], form["subject"], form["company"], form["claims"])


def _as_typed(found: User) -> Typed:
    chosen = _NO_COMPANY if found.company_id is None else str(found.company_id)
    return Typed(found.username, found.subject, chosen, json_text(found.claims))


def _company_id(text: str) -> int | None:
    if text == _NO_COMPANY:
        return None
    # What is no id is the id of none, and told as such.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _choices(visit: Visit, chosen: str) -> list[tuple[str, str]]:
    """The companies for the form, with the one that is chosen already."""
    there = companies(visit.installation, visit.here, limit=_COMPANIES)
    if chosen.isdigit() and chosen not in {str(each.id) for each in there}:
        there.append(company(visit.installation, visit.here, int(chosen)))
    return [(_NO_COMPANY, "None"), *((str(each.id), _titled(each)) for each in there)]


def _titled(found: Company) -> str:
    return f"{found.name} ({found.number})"


def _asking(visit: Visit, typed: Typed, errors: Errors) -> Shown:
    context = {"typed": typed, "companies": _choices(visit, _NO_COMPANY), "errors": errors}
    return Shown("pages/usernew.html", context, 422 if errors else 200)


def _editing(
    visit: Visit, found: User, typed: Typed, errors: Errors, *, is_stale: bool = False
) -> Shown:
    now, names = _as_typed(found), dict(_choices(visit, str(found.company_id or "")))
    compared = [
        ("Company", names.get(typed.company, typed.company), names[now.company]),
        ("Claims", typed.claims, now.claims),
    ]
    context: dict[str, Any] = {
        "user": found,
        "typed": typed,
        "companies": list(names.items()),
        "errors": errors,
        "meanwhile": meanwhile(visit, compared) if is_stale else None,
    }
    return Shown("pages/user.html", context, 412 if is_stale else 422 if errors else 200)


def _password_shown(visit: Visit, username: str, password: str, *, is_new: bool) -> Shown:
    context = {"username": username, "password": password, "is_new": is_new}
    return Shown("pages/userpassword.html", context, shows_secret=True)


_PATH: Final = "/console/workspaces/{workspace}/users"
_USER: Final = f"{_PATH}/{{user}}"
PAGES: Final = (
    Page(method="GET", path=_PATH, name="users", handler=all_users, permission="users:read"),
    Page(
        method="GET",
        path=f"{_PATH}/new",
        name="user-new",
        handler=ask_user,
        permission="users:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/new",
        name="user-new",
        handler=make_user,
        permission="users:write",
        operation="create_user",
    ),
    Page(method="GET", path=_USER, name="user", handler=one_user, permission="users:read"),
    Page(
        method="POST",
        path=_USER,
        name="user",
        handler=change,
        permission="users:write",
        versioned=True,
        operation="change_user",
    ),
    Page(
        method="GET",
        path=f"{_USER}/switch",
        name="user-switch",
        handler=ask_switch,
        permission="users:write",
    ),
    Page(
        method="POST",
        path=f"{_USER}/switch",
        name="user-switch",
        handler=switch,
        permission="users:write",
        versioned=True,
        operation="change_user",
    ),
    Page(
        method="GET",
        path=f"{_USER}/password",
        name="user-password",
        handler=ask_password,
        permission="users:write",
    ),
    Page(
        method="POST",
        path=f"{_USER}/password",
        name="user-password",
        handler=draw_password,
        permission="users:write",
        versioned=True,
        operation="set_user_password",
    ),
)
