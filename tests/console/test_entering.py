"""Coming in by a link or a password, in a real browser, with scripts and without."""

from __future__ import annotations

import re

import pytest

from remint.issuer.actor import COMMAND
from remint.issuer.people.invitations import invite, password_code, setup_code
from remint.issuer.settings import Settings
from remint.store.records import Workspace
from tests.console.browser import NARROW
from tests.console.people import PASSWORD, account, opened
from tests.console.visitor import Visitor, words
from tests.servers import serving

ADA = "ada@example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(Settings(data_dir=tmp_path_factory.mktemp("entering") / "data")) as running:
        yield running


def workspace(installation) -> Workspace:
    return installation.workspaces.all()[0]


def code_to_join(server, email: str) -> str:
    with opened(server) as installation:
        invited = invite(installation, workspace(installation), email, "developer", actor=COMMAND)
        return invited.code.reveal()


def type_password(page, label: str, password: str = PASSWORD) -> None:
    page.get_by_label(label).fill(password)


def test_who_comes_before_there_is_an_account_is_told_of_the_link(server, page):
    """The log-in of a new installation says where the first account comes from."""
    page.goto("/console/")
    assert page.url.endswith("/console/login?next=%2Fconsole")
    page.get_by_text("Nobody has an account yet").wait_for()


def test_the_first_account_is_made_by_the_link(server, page, axe):
    """The set-up link opens the form by itself, leaves the address, and ends in the console."""
    with opened(server) as installation:
        code = setup_code(installation)
    assert code is not None
    page.goto(f"/console/setup#{code.reveal()}")
    page.get_by_label("E-mail address").wait_for()
    assert code.reveal() not in page.url
    axe(page)
    page.get_by_label("E-mail address").fill(ADA)
    page.get_by_label("Name").fill("Ada Lovelace")
    type_password(page, "New password")
    page.get_by_role("button", name="Make the account").click()
    page.get_by_text("The installation is yours.").wait_for()
    page.get_by_role("link", name="Ada Lovelace").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Ada Lovelace"
    axe(page)


def test_a_link_is_good_once(server, page):
    """The same code again says that it is not good any more, and what may have become of it."""
    with opened(server) as installation:
        assert setup_code(installation) is None
    page.goto("/console/setup#remint_iv_0000")
    page.get_by_text("This code is not good any more").first.wait_for()
    assert page.get_by_label("Code").get_attribute("aria-invalid") == "true"


def test_a_code_can_be_pasted_without_scripts(server, profiles):
    """Without scripts the code goes into the field by hand, and the rest is the same."""
    page = profiles(java_script_enabled=False).page()
    code = code_to_join(server, "grace@example.com")
    page.goto("/console/invitation")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()
    assert "invites you as developer" in page.get_by_role("main").inner_text()
    page.get_by_label("Name").fill("Grace Hopper")
    type_password(page, "New password")
    page.get_by_role("button", name="Join").click()
    assert "Welcome to the workspace." in page.content()


def test_who_has_an_account_joins_by_its_password(server, page, axe):
    """An invited person who is not logged in shows the password of the account that there is."""
    account(server, "edith@example.com")
    page.goto(f"/console/invitation#{code_to_join(server, 'edith@example.com')}")
    type_password(page, "Password of edith@example.com", "wrong wrong wrong")
    page.get_by_role("button", name="Join").click()
    page.get_by_text("That is not the password of your account.").first.wait_for()
    axe(page)
    type_password(page, "Password of edith@example.com")
    page.get_by_role("button", name="Join").click()
    page.get_by_text("Welcome to the workspace.").wait_for()


def test_who_is_logged_in_joins_by_a_button(server, page):
    """The same person, logged in, is asked for nothing but a yes; somebody else is not let in."""
    account(server, "joan@example.com")
    log_in(page, "joan@example.com")
    page.goto(f"/console/invitation#{code_to_join(server, 'joan@example.com')}")
    page.get_by_text("You are logged in as").wait_for()
    page.get_by_role("button", name="Join").click()
    page.get_by_text("Welcome to the workspace.").wait_for()
    page.goto(f"/console/invitation#{code_to_join(server, 'someone@example.com')}")
    page.get_by_label("New password").wait_for()
    assert page.get_by_text("You are logged in as").count() == 0


def test_a_password_is_chosen_anew_by_a_link(server, profiles):
    """The link of an operator sets a password that will do, ends log-ins elsewhere, and leads in."""
    made = account(server, "mary@example.com")
    elsewhere, page = profiles().page(), profiles().page()
    log_in(elsewhere, "mary@example.com")
    with opened(server) as installation:
        code = password_code(installation, made, actor=COMMAND).reveal()
    page.goto(f"/console/password#{code}")
    page.get_by_label("New password").fill("aaaaaaaaaaaa")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_text("among the first that anybody would try").first.wait_for()
    type_password(page, "New password", "a wholly new password")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_text("Your new password is set").wait_for()
    elsewhere.goto("/console/account")
    assert "/console/login" in elsewhere.url


def test_the_log_in_says_what_is_wrong_and_keeps_the_address(server, page, axe):
    """A wrong password brings the form back with the focus on the summary; a right one leads in."""
    account(server, "hedy@example.com")
    page.goto("/console/login")
    axe(page)
    page.get_by_label("E-mail address").fill("hedy@example.com")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.keyboard.press("Enter")
    page.get_by_text("There is no account with that address and password.").wait_for()
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.get_by_label("E-mail address").input_value() == "hedy@example.com"
    assert page.get_by_label("Password").input_value() == ""
    axe(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Log out").wait_for()


@pytest.mark.parametrize("path", ["/console/login", "/console/setup", "/console/password"])
def test_plain_http_from_elsewhere_is_told_what_would_do(server, path):
    """No browser keeps our cookies there: the page says so before a password is typed."""
    visitor = Visitor(server.base_url, Host="192.0.2.7:8443")
    shown = words(visitor.get(path))
    assert "Nobody can log in at this address" in shown
    assert "ssh -L 8080:127.0.0.1:8443" in shown
    visitor.cookies.clear()
    refused = visitor.post("/console/login", {"csrf": "x", "email": ADA, "password": PASSWORD})
    assert refused.status_code == 403
    assert "your browser sent no cookie along" in words(refused)
    assert "trusted_proxies" in words(refused)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:8443"},
        {"Host": "[::1]"},
        {"Host": "id.example", "Sec_Fetch_Site": "same-origin"},
    ],
    ids=["loopback", "localhost", "IPv6", "TLS"],
)
def test_nobody_else_is_warned(server, headers):
    """Neither on this machine, nor by TLS that no proxy told of. No cookies are another trouble then."""
    visitor = Visitor(server.base_url, **headers)
    assert "Nobody can log in" not in visitor.get("/console/login").text
    visitor.cookies.clear()
    refused = visitor.post("/console/login", {"csrf": "x"})
    assert refused.status_code == 403
    assert "Have it keep cookies of this address" in words(refused)


def test_a_form_goes_out_once(server, page):
    """Pressing a button twice sends one form."""
    account(server, "rosa@example.com")
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    page.goto("/console/login")
    page.get_by_label("E-mail address").fill("rosa@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").dblclick()
    page.get_by_role("button", name="Log out").wait_for()
    assert len(posts) == 1


def test_the_menu_folds_on_a_narrow_screen(server, profiles, axe):
    """At 360 px the menu opens from a button, by keyboard, closes with Escape, and needs no script."""
    account(server, "lise@example.com", operator=True)
    for scripts in (True, False):
        page = profiles(size=NARROW, java_script_enabled=scripts).page()
        log_in(page, "lise@example.com")
        page.goto("/console/account")
        menu = page.get_by_role("navigation", name="Console")
        assert not menu.is_visible()
        page.get_by_role("button", name="Menu").focus()
        page.keyboard.press("Enter")
        assert menu.is_visible()
        if scripts:
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.keyboard.press("Escape")
        assert not menu.is_visible()


def test_colours_can_be_chosen(server, page):
    """Dark is dark at once and after a reload, before anything is painted; the system's choice comes back."""
    account(server, "emmy@example.com")
    log_in(page, "emmy@example.com")
    page.goto("/console/account")
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(scheme) == "dark"
    page.reload()
    assert page.evaluate(scheme) == "dark"
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="As the system").click()
    assert page.evaluate(scheme) == "light dark"


def test_times_are_in_the_readers_zone(server, profiles):
    """A moment is told in the zone and language of the browser, and in UTC without scripts."""
    account(server, "kay@example.com")
    page = profiles(timezone_id="Asia/Kolkata", locale="en-US").page()
    log_in(page, "kay@example.com")
    page.goto("/console/account")
    moment = page.locator("time[data-format=moment]").first
    stamp = moment.get_attribute("datetime")
    shown = page.evaluate(
        "at => new Intl.DateTimeFormat('en-US', {dateStyle: 'medium', timeStyle: 'short',"
        " timeZone: 'Asia/Kolkata'}).format(new Date(at))",
        stamp,
    )
    assert moment.inner_text() == shown
    plain = profiles(java_script_enabled=False).page()
    log_in(plain, "kay@example.com")
    plain.goto("/console/account")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", plain.locator("time").first.inner_text())


def test_the_first_thing_that_tab_reaches_skips_the_menu(server, page):
    """By keyboard the first stop is a link to the page itself."""
    account(server, "ruth@example.com")
    log_in(page, "ruth@example.com")
    page.goto("/console/account")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def log_in(page, email: str) -> None:
    page.goto("/console/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda address: "/console/login" not in address)
