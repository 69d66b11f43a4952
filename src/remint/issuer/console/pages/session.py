"""Logging in and out."""

from __future__ import annotations

from typing import Final

from remint.errors import Refusal, Unauthenticated
from remint.issuer.console import cookies
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.visit import Visit
from remint.issuer.people.sessions import LoggedIn, log_out

_WRONG: Final = "There is no account with that address and password."
#: A link to the log-in must not lead on to somebody else's page: only a path of ours will do.
_OWN_PATH: Final = "/console"


def log_in_form(visit: Visit) -> Shown | Goto:
    """The form, or straight on for who is logged in already."""
    wanted = visit.query.get("next", "")
    if visit.account is not None:
        return Goto(_onward(visit, wanted), visit.flash)
    return _form(visit, wanted)


def log_in(visit: Visit) -> Shown | Goto:
    """Checks the password, and goes on to where the reader wanted to be."""
    email, wanted = visit.form["email"], visit.form["next"]
    try:
        made = visit.service.log_in.log_in(
            email, visit.form.secret("password"), origin=visit.origin, agent=agent_of(visit)
        )
    except Unauthenticated:
        return _form(visit, wanted, email=email, error=_WRONG, status=422)
    except Refusal as refusal:
        return _form(visit, wanted, email=email, error=refusal.description, status=429)
    enter(visit, made)
    return Goto(_onward(visit, wanted))


def enter(visit: Visit, made: LoggedIn) -> None:
    """Has the browser keep the session, and forget the cookie of a stranger."""
    lasts_seconds = made.session.expires_at - visit.now_ms // 1000
    visit.kept[cookies.SESSION] = (made.cookie.reveal(), lasts_seconds)
    visit.dropped.append(cookies.VISITOR)


def agent_of(visit: Visit) -> str:
    """What the browser calls itself."""
    return visit.headers.get("user-agent", "")


def leave(visit: Visit) -> Goto:
    """Ends the session, here and in the database."""
    assert visit.session is not None
    log_out(visit.installation, visit.session, actor=visit.actor)
    visit.dropped.append(cookies.SESSION)
    return Goto(visit.url("log-in"), "You are logged out.")


def _form(
    visit: Visit, wanted: str, *, email: str = "", error: str = "", status: int = 200
) -> Shown:
    return Shown(
        "pages/login.html",
        {
            "next": wanted,
            "email": email,
            "errors": {"": error} if error else {},
            "flash": visit.flash,
            "is_new": visit.installation.accounts.is_empty(),
        },
        status,
    )


def _onward(visit: Visit, wanted: str) -> str:
    """``wanted`` if it is a path of the console, else where the console begins."""
    own = visit.root + _OWN_PATH
    is_own = wanted == own or wanted.startswith((f"{own}/", f"{own}?"))
    # What goes into a header is ASCII (RFC 9110 §5.5), as every address of ours is.
    is_plain = wanted.isascii() and wanted.isprintable()
    is_plain = is_plain and "\\" not in wanted and "//" not in wanted
    return wanted if is_own and is_plain else visit.url("home")


_OF_A_PERSON: Final = "a key is sent with each request and has no session"

PAGES: Final = (
    Page(method="GET", path="/console/login", name="log-in", handler=log_in_form, public=True),
    Page(
        method="POST",
        path="/console/login",
        name="log-in",
        handler=log_in,
        public=True,
        alone=_OF_A_PERSON,
    ),
    Page(method="POST", path="/console/logout", name="log-out", handler=leave, alone=_OF_A_PERSON),
)
