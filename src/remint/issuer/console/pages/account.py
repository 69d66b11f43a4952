"""One's own account: name, password, and where one is logged in."""

from __future__ import annotations

import binascii
from typing import Any, Final

from remint.errors import NotFound, Refusal
from remint.issuer.console import useragent
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.visit import Visit
from remint.issuer.people.accounts import SHORTEST_PASSWORD, change_account, change_password
from remint.issuer.people.sessions import end_others, end_session, sessions_of
from remint.store.peoplerecords import Session


def account(visit: Visit) -> Shown:
    """The page."""
    return _shown(visit, {})


def rename(visit: Visit) -> Shown | Goto:
    """Another name."""
    problems = Problems("name")
    with problems.collecting():
        change_account(
            visit.installation,
            visit.somebody,
            name=visit.form["name"],
            expected=visit.version,
            actor=visit.actor,
        )
    if problems:
        return _shown(visit, problems.errors)
    return Goto(visit.url("account"), "Your name is changed.")


def change(visit: Visit) -> Shown | Goto:
    """Another password, for who knows the one that there is. Ends the account's other sessions."""
    problems = Problems("old", "new")
    try:
        with problems.collecting():
            visit.service.log_in.confirm(
                visit.somebody, visit.form.secret("old"), origin=visit.origin
            )
            change_password(
                visit.installation,
                visit.somebody,
                visit.form.secret("new"),
                keep=_own(visit),
                actor=visit.actor,
            )
    except Refusal as refusal:
        problems.add("", refusal.description)
    if problems:
        return _shown(visit, problems.errors)
    return Goto(visit.url("account"), "Your password is changed, and other log-ins have ended.")


def end_one(visit: Visit) -> Goto:
    """Ends one of the sessions. Raises ``NotFound``."""
    try:
        sha256 = bytes.fromhex(visit.form["session"])
    except (ValueError, binascii.Error):
        raise NotFound("there is no such session") from None
    end_session(visit.installation, visit.somebody, sha256, actor=visit.actor)
    return Goto(visit.url("account"), "That log-in has ended.")


def end_the_others(visit: Visit) -> Goto:
    """Ends every session but this one."""
    count = end_others(visit.installation, visit.somebody, _own(visit), actor=visit.actor)
    return Goto(visit.url("account"), f"{count} other log-in{'s' if count != 1 else ''} ended.")


def _own(visit: Visit) -> bytes | None:
    return None if visit.session is None else visit.session.sha256


def _shown(visit: Visit, errors: Errors) -> Shown:
    sessions = sessions_of(visit.installation, visit.somebody)
    context: dict[str, Any] = {
        "account": visit.somebody,
        "name": visit.form["name"] or visit.somebody.name,
        "sessions": [_told(session, _own(visit)) for session in sessions],
        "shortest": SHORTEST_PASSWORD,
        "errors": errors,
    }
    return Shown("pages/account.html", context, 422 if errors else 200)


def _told(session: Session, own: bytes | None) -> dict[str, Any]:
    return {
        "id": session.sha256.hex(),
        "is_this": session.sha256 == own,
        "agent": useragent.told(session.agent),
        "origin": session.origin,
        "created_ms": session.created_at * 1000,
        "seen_ms": session.seen_at * 1000,
    }


_ONES_OWN: Final = "a person changes their own; operators have `accounts` for the rest"

PAGES: Final = (
    Page(method="GET", path="/console/account", name="account", handler=account),
    Page(
        method="POST",
        path="/console/account/name",
        name="rename-account",
        handler=rename,
        versioned=True,
        alone=_ONES_OWN,
    ),
    Page(
        method="POST",
        path="/console/account/password",
        name="change-password",
        handler=change,
        alone=_ONES_OWN,
    ),
    Page(
        method="POST",
        path="/console/account/sessions",
        name="end-session",
        handler=end_one,
        alone=_ONES_OWN,
    ),
    Page(
        method="POST",
        path="/console/account/sessions/others",
        name="end-other-sessions",
        handler=end_the_others,
        alone=_ONES_OWN,
    ),
)
