"""Accounts: who may log in to the console at all, for those who run the installation."""

from __future__ import annotations

from typing import Any, Final

from remint.errors import StaleVersion
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.meanwhile import Difference, Meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import question
from remint.issuer.console.paging import PAGE_ROWS, after, rows
from remint.issuer.console.visit import Visit
from remint.issuer.people.accounts import accounts, change_account
from remint.issuer.people.invitations import password_code
from remint.store.peoplerecords import Account

_ON: Final = "on"


def all_accounts(visit: Visit) -> Shown:
    """Everybody who may log in, or could."""
    begun = after(visit)
    found = accounts(visit.installation, after=begun, limit=PAGE_ROWS + 1)
    context = {"accounts": rows(found, begun), "own_id": visit.somebody.id}
    return Shown("pages/accounts.html", context)


def one_account(visit: Visit) -> Shown:
    """An account, to be changed."""
    found = _found(visit)
    return _editing(visit, found, _typed_of(found), {})


def change(visit: Visit) -> Shown | Goto:
    """Changes an account, unless somebody else was faster; the last operator stays one."""
    found = _found(visit)
    typed: dict[str, Any] = {
        "name": visit.form["name"],
        "operator": visit.form["operator"] == _ON,
        "disabled": visit.form["disabled"] == _ON,
    }
    problems = Problems("name", "operator", "disabled")
    try:
        with problems.collecting():
            changed = change_account(
                visit.installation, found, **typed, expected=visit.version, actor=visit.actor
            )
            return Goto(visit.url("accounts"), f"{changed.name} was changed.")
    except StaleVersion:
        return _editing(visit, _found(visit), typed, {}, is_stale=True)
    return _editing(visit, found, typed, problems.errors)


def ask_link(visit: Visit) -> Shown:
    """Asks before a link to a new password is made."""
    found = _found(visit)
    return question(
        visit,
        title=f"Make a link to a new password for {found.name}?",
        text="Whoever has the link can choose the password of this account, once, within a day."
        " The old password works until then.",
        go="Make the link",
        back=visit.url("account-of", account=found.id),
    )


def make_link(visit: Visit) -> Shown:
    """Makes a link by which a person chooses a new password, and shows it: there is no other copy."""
    found = _found(visit)
    code = password_code(visit.installation, found, actor=visit.actor)
    # In the fragment, which no server logs.
    address = f"{visit.public_url}{visit.pages['password'].path}#{code.reveal()}"
    context = {"found": found, "address": address}
    return Shown("pages/accountlink.html", context, shows_secret=True)


def _found(visit: Visit) -> Account:
    return visit.installation.accounts.numbered(visit.number("account"))


def _typed_of(found: Account) -> dict[str, Any]:
    return {"name": found.name, "operator": found.operator, "disabled": bool(found.disabled_at)}


def _editing(
    visit: Visit,
    found: Account,
    typed: dict[str, Any],
    errors: Errors,
    *,
    is_stale: bool = False,
) -> Shown:
    context: dict[str, Any] = {
        "found": found,
        "typed": typed,
        "errors": errors,
        "is_own": found.id == visit.somebody.id,
        "meanwhile": Meanwhile([], _differences(typed, _typed_of(found))) if is_stale else None,
    }
    return Shown("pages/accountof.html", context, 412 if is_stale else 422 if errors else 200)


def _differences(typed: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    words = {True: "yes", False: "no"}
    return [
        Difference(name.capitalize(), words.get(now[name], now[name]))
        for name in typed
        if typed[name] != now[name]
    ]


_PATH: Final = "/console/accounts"
_ACCOUNT: Final = f"{_PATH}/{{account}}"
PAGES: Final = (
    Page(
        method="GET",
        path=_PATH,
        name="accounts",
        handler=all_accounts,
        permission="accounts:read",
    ),
    Page(
        method="GET",
        path=_ACCOUNT,
        name="account-of",
        handler=one_account,
        permission="accounts:write",
    ),
    Page(
        method="POST",
        path=_ACCOUNT,
        name="account-of",
        handler=change,
        permission="accounts:write",
        versioned=True,
        operation="change_account",
    ),
    Page(
        method="GET",
        path=f"{_ACCOUNT}/link",
        name="account-link",
        handler=ask_link,
        permission="accounts:write",
    ),
    Page(
        method="POST",
        path=f"{_ACCOUNT}/link",
        name="account-link",
        handler=make_link,
        permission="accounts:write",
        once=True,
        operation="create_password_link",
    ),
)
