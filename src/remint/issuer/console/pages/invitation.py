"""Links that are good once: the first account, a seat in a workspace, a new password.

The code stands behind the ``#`` of the link, which no browser sends and no log holds. A script puts it into
the form; without scripts it is pasted there. It is posted twice: to see what it is for, and to accept.
"""

from __future__ import annotations

from typing import Any, Final

from remint.errors import NotFound, Refusal, Unauthenticated
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.session import agent_of, enter
from remint.issuer.console.visit import Visit
from remint.issuer.people.acceptance import accept
from remint.issuer.people.accounts import SHORTEST_PASSWORD, find_account
from remint.issuer.people.invitations import invitation_of
from remint.issuer.people.sessions import start_session
from remint.issuer.tenants.workspaces import workspace
from remint.secret import Secret
from remint.store.peoplerecords import Account, Invitation

_SPENT: Final = "This code is not good any more: it was used or withdrawn, or its time is over."
_DONE: Final = {
    "setup": "The installation is yours.",
    "member": "Welcome to the workspace.",
    "password": "Your new password is set, and other log-ins have ended.",
}


def code_form(visit: Visit) -> Shown:
    """Where the code goes in."""
    return _ask_for_code(visit)


def open_code(visit: Visit) -> Shown:
    """What the code is for, and what it takes to accept it."""
    code = visit.form.secret("code")
    try:
        return _ask(visit, code, invitation_of(visit.installation, code))
    except NotFound:
        return _ask_for_code(visit, _SPENT)


def accept_code(visit: Visit) -> Shown | Goto:
    """Accepts, and logs in who is not logged in."""
    code, password = visit.form.secret("code"), visit.form.secret("password")
    problems = Problems("email", "name", "password")
    try:
        invitation = invitation_of(visit.installation, code)
        account = _member(visit, invitation, password, problems)
        if not problems:
            with problems.collecting():
                account = accept(
                    visit.installation,
                    code,
                    email=visit.form["email"],
                    name=visit.form["name"],
                    password=None if account is not None else password,
                    account=account,
                    origin=visit.origin,
                )
    except NotFound:
        return _ask_for_code(visit, _SPENT)
    if problems or account is None:
        return _ask(visit, code, invitation, problems.errors)
    # A new password has ended every session, this one too.
    if invitation.purpose == "password" or visit.account is None or visit.account.id != account.id:
        agent = agent_of(visit)
        enter(visit, start_session(visit.installation, account, origin=visit.origin, agent=agent))
    return Goto(visit.url("home"), _DONE[invitation.purpose])


def _member(
    visit: Visit, invitation: Invitation, password: Secret, problems: Problems
) -> Account | None:
    """The account that takes the seat: of who is logged in, or of who knows its password."""
    if invitation.purpose != "member":
        return None
    if (somebody := _invited(visit, invitation)) is not None:
        return somebody
    if not _has_account(visit, invitation):
        return None
    try:
        made = visit.service.log_in.log_in(
            invitation.email, password, origin=visit.origin, agent=agent_of(visit)
        )
    except Unauthenticated:
        problems.add("password", "That is not the password of your account.")
        return None
    except Refusal as refusal:
        problems.add("", refusal.description)
        return None
    enter(visit, made)
    visit.account = made.account
    return made.account


def _invited(visit: Visit, invitation: Invitation) -> Account | None:
    """Who is logged in, if that is who was invited."""
    account = visit.account
    return account if account is not None and account.email == invitation.email else None


def _has_account(visit: Visit, invitation: Invitation) -> bool:
    try:
        find_account(visit.installation, invitation.email)
    except NotFound:
        return False
    return True


def _ask_for_code(visit: Visit, error: str = "") -> Shown:
    context = {
        "is_setup": visit.page.name == "setup",
        "errors": {"code": error} if error else {},
    }
    return Shown("pages/code.html", context, 422 if error else 200)


def _ask(visit: Visit, code: Secret, invitation: Invitation, errors: Errors | None = None) -> Shown:
    is_member = invitation.purpose == "member"
    somebody = _invited(visit, invitation) if is_member else None
    context: dict[str, Any] = {
        "code": code.reveal(),
        "invitation": invitation,
        "place": _place(visit, invitation),
        "somebody": somebody,
        "has_account": is_member and somebody is None and _has_account(visit, invitation),
        "email": visit.form["email"] or invitation.email,
        "name": visit.form["name"],
        "shortest": SHORTEST_PASSWORD,
        "errors": errors or {},
    }
    return Shown("pages/invitation.html", context, 422 if errors else 200, shows_secret=True)


def _place(visit: Visit, invitation: Invitation) -> str:
    if invitation.workspace_id is None:
        return ""
    return workspace(visit.installation, invitation.workspace_id).name


_BY_LINK: Final = "it is the link that allows it, and the person who has it that accepts"

PAGES: Final = (
    Page(method="GET", path="/console/setup", name="setup", handler=code_form, public=True),
    Page(method="GET", path="/console/password", name="password", handler=code_form, public=True),
    Page(
        method="GET", path="/console/invitation", name="invitation", handler=code_form, public=True
    ),
    Page(
        method="POST",
        path="/console/invitation",
        name="invitation",
        handler=open_code,
        public=True,
        alone=_BY_LINK,
    ),
    Page(
        method="POST",
        path="/console/invitation/accept",
        name="accept-invitation",
        handler=accept_code,
        public=True,
        alone=_BY_LINK,
    ),
)
