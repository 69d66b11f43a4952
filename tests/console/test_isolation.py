"""Who may not, cannot: every page is tried by everybody who has no business there, new pages too."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

import httpx2
import pytest

from remint.issuer.console.cookies import SESSION
from remint.issuer.console.page import Page
from remint.issuer.console.pages import PAGES
from remint.issuer.people.access import ROLES
from remint.store.files import StoreFiles
from tests.console.paperwork import forms_of
from tests.console.visitor import Visitor
from tests.console.workshop import Somebody, Workshop
from tests.servers import RunningServer

#: What changes by itself: when a session was last seen, how much was done, and what a log-in tells.
_LIVELY = ("sessions", "activity")
_CLOSED = [page for page in PAGES if not page.public]
_PERMITTED = [page for page in _CLOSED if page.permission]
_WITHIN = [page for page in _CLOSED if "{workspace}" in page.path]
_POSTS = [page for page in _CLOSED if page.method == "POST"]
_VERSIONED = [page for page in _POSTS if page.versioned]
#: Forms that no page of the workshop has, each with the reason.
_UNSEEN = {
    "app-environment": "it is on a page that came of a post",
    "app-try-with": "it is on a page that came of a post",
    "key-share": "it is for installations that have a key of HS256",
}

_TOKENS: WeakKeyDictionary[Visitor, str] = WeakKeyDictionary()
Visitors = Callable[[Somebody], Visitor]


def named(page: Page) -> str:
    """What a case is called."""
    return f"{page.method} {page.name}"


@pytest.fixture(scope="module")
def visitors(server: RunningServer, workshop: Workshop) -> Visitors:
    """``visitors(somebody)``: logged in, once for all cases, before any of them looks at what changes."""
    known: dict[str, Visitor] = {}
    for each in (workshop.owner, workshop.developer, workshop.viewer, workshop.stranger):
        known[each.email] = Visitor(server.base_url, Sec_Fetch_Site="same-origin")
        assert known[each.email].log_in(each.email, each.password).status_code == 303
    return lambda somebody: known[somebody.email]


@pytest.fixture(scope="module")
def forms(
    server: RunningServer, visitors: Visitors, workshop: Workshop
) -> dict[str, dict[str, str]]:
    """Every form that the owner comes across on the pages, by where it goes."""
    # A second session, so that there is one to end.
    Visitor(server.base_url, Sec_Fetch_Site="same-origin").log_in(
        workshop.owner.email, workshop.owner.password
    )
    owner, found = visitors(workshop.owner), {}
    addresses: dict[str, None] = {}
    for page in _CLOSED:
        if page.method == "GET":
            for places in ({}, *workshop.elsewhere.values()):
                addresses[address(page, workshop, **places)] = None
    for path in addresses:
        found.update(forms_of(owner.get(path).text))
    return found


class Kept:
    """All that is kept, as one number. It is read anew only where somebody has written since."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = -1
        self._digest = ""

    def digest(self) -> str:
        """The number: another one after any change but to what changes by itself."""
        [(version,)] = self._connection.execute("PRAGMA data_version")
        if version != self._version:
            self._version, self._digest = version, self._read()
        return self._digest

    def _read(self) -> str:
        found = hashlib.sha256()
        every = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for table in sorted({name for (name,) in every} - set(_LIVELY)):
            for row in self._connection.execute(f'SELECT * FROM "{table}" ORDER BY 1'):
                found.update(repr((table, row)).encode())
        return found.hexdigest()


@pytest.fixture(scope="module")
def kept(server: RunningServer, workshop: Workshop) -> Iterator[Kept]:
    """What the server keeps."""
    path = StoreFiles(workshop.settings.data_dir).database
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield Kept(connection)


@pytest.fixture
def unchanged(kept: Kept, visitors: Visitors, ended: Visitor) -> Iterator[None]:
    """Fails the test if anything in the database is another than before."""
    before = kept.digest()
    yield
    assert kept.digest() == before


@pytest.fixture(scope="module")
def ended(server: RunningServer, workshop: Workshop) -> Visitor:
    """Somebody whose session expired in the middle of things, and their token."""
    visitor = Visitor(server.base_url, Sec_Fetch_Site="same-origin")
    visitor.log_in(workshop.developer.email, workshop.developer.password)
    token(visitor)
    path = StoreFiles(workshop.settings.data_dir).database
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(
            "UPDATE sessions SET expires_at = 1 WHERE sha256 = ?",
            (hashlib.sha256(visitor.cookies[SESSION].encode()).digest(),),
        )
        assert changed.rowcount == 1
    return visitor


def test_a_change_is_seen(kept, workshop):
    """The number that the tests go by is another one after the smallest change, and the same without one."""
    path = StoreFiles(workshop.settings.data_dir).database
    before = kept.digest()
    assert kept.digest() == before
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE apps SET version = version + 1 WHERE id = 1")
    assert kept.digest() != before
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE apps SET version = version - 1 WHERE id = 1")
    assert kept.digest() == before


def address(page: Page, workshop: Workshop, **others: str) -> str:
    """Where the page is, for what there is in the workshop."""
    path = page.path
    for name, value in {**workshop.places_of(page.name), **others}.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"the workshop has nothing to stand in {path}"
    return path


def asked(visitor: Visitor, page: Page, path: str, **fields: str) -> httpx2.Response:
    """The page, by its own method; a POST carries a good token unless ``fields`` say otherwise."""
    if page.method == "GET":
        return visitor.get(path)
    return visitor.post(path, {"csrf": token(visitor), **fields})


def token(visitor: Visitor) -> str:
    """A token that is this visitor's. One is good as long as the session; it is asked for once."""
    known = _TOKENS.get(visitor)
    if known is None:
        forms = forms_of(visitor.get("/console/account").text)
        known = _TOKENS[visitor] = forms["/console/logout"]["csrf"]
    return known


@pytest.mark.parametrize("page", _CLOSED, ids=named)
@pytest.mark.parametrize("cookie", ["", "remint_se_" + "0" * 49], ids=["none", "made up"])
def test_without_a_session_a_page_leads_to_the_log_in(server, workshop, unchanged, page, cookie):
    """Whatever the page, and whether it is there at all."""
    guest = Visitor(server.base_url)
    if cookie:
        guest.cookies[SESSION] = cookie
    path = address(page, workshop)
    answer = guest.get(path) if page.method == "GET" else guest.post(path, {"csrf": "x"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/login")


@pytest.mark.parametrize("page", _CLOSED, ids=named)
def test_an_ended_session_opens_nothing(ended, workshop, unchanged, page):
    """One that expired in the middle of things, with a token that was good."""
    answer = asked(ended, page, address(page, workshop))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/login")


@pytest.mark.parametrize("page", _WITHIN, ids=named)
def test_a_member_of_another_workspace_finds_nothing(visitors, workshop, unchanged, page):
    """As if the workspace were not there."""
    assert asked(visitors(workshop.stranger), page, address(page, workshop)).status_code == 404


@pytest.mark.parametrize("page", [each for each in _WITHIN if each.path.count("{") > 1], ids=named)
def test_what_is_of_another_workspace_is_not_found_in_ones_own(
    visitors, workshop, forms, unchanged, page
):
    """Its app, member, key or grant, asked for under a workspace where one may do everything."""
    stranger = visitors(workshop.stranger)
    own = own_workspace(stranger)
    fields = {**forms.get(address(page, workshop), {}), "csrf": token(stranger)}
    answer = asked(stranger, page, address(page, workshop, workspace=own), **fields)
    assert answer.status_code == 404


def own_workspace(visitor: Visitor) -> str:
    """The id of the only workspace that somebody has."""
    return visitor.get("/console").headers["location"].rpartition("/")[2]


@pytest.mark.parametrize("page", _PERMITTED, ids=named)
@pytest.mark.parametrize("role", ["viewer", "developer"])
def test_a_lower_role_may_not(visitors, workshop, unchanged, page, role):
    """Whoever lacks the page's permission is told so; nobody but operators has those of the installation."""
    is_within = "{workspace}" in page.path
    if is_within and page.permission in ROLES[role]:
        pytest.skip("this role may")
    answer = asked(visitors(getattr(workshop, role)), page, address(page, workshop))
    assert answer.status_code == 403
    assert page.permission in answer.text


@pytest.mark.parametrize("page", _POSTS, ids=named)
@pytest.mark.parametrize("how", ["no token", "another's token", "another site", "another origin"])
def test_a_form_that_is_not_ours_changes_nothing(visitors, workshop, forms, unchanged, page, how):
    """Even one that the owner's own browser sends, with everything else as it should be."""
    owner = visitors(workshop.owner)
    path = address(page, workshop)
    fields = {**forms.get(path, {}), "csrf": token(owner)}
    headers = {}
    if how == "no token":
        del fields["csrf"]
    elif how == "another's token":
        fields["csrf"] = token(visitors(workshop.stranger))
    elif how == "another site":
        headers = {"Sec_Fetch_Site": "cross-site"}
    else:
        headers = {"Origin": "https://evil.example"}
    answer = owner.post(path, fields, **headers)
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text


@pytest.mark.parametrize("page", _VERSIONED, ids=named)
@pytest.mark.parametrize("version", ["999999", "", "x"], ids=["stale", "none", "garbled"])
def test_a_form_for_another_version_changes_nothing(
    visitors, workshop, forms, unchanged, page, version
):
    """The form as the page has it, but for the version that it was made for."""
    owner = visitors(workshop.owner)
    path = address(page, workshop)
    fields = {**forms[path], "csrf": token(owner), "version": version}
    assert owner.post(path, fields).status_code == 412


@pytest.mark.parametrize("page", _POSTS, ids=named)
def test_a_form_leads_to_every_post(workshop, forms, page):
    """What can be posted can be come by; and a page that wants a version has one in its form."""
    if page.name in _UNSEEN:
        pytest.skip(_UNSEEN[page.name])
    fields = forms.get(address(page, workshop))
    assert fields is not None, f"no page has a form that goes to {page.path}"
    assert "csrf" in fields
    assert not page.versioned or fields["version"].isdigit()
