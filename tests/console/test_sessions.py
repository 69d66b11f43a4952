"""The frame around the pages: sessions, cookies, forms that are ours, and what an answer carries."""

from __future__ import annotations

import gzip
import re
import threading

import httpx2
import pytest

from remint.issuer.settings import Settings
from tests.console.people import PASSWORD, account
from tests.console.visitor import Visitor, hidden
from tests.servers import RunningServer, serving

ADA = "ada@example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("sessions") / "data", password_attempts=5)
    with serving(settings) as running:
        account(running, ADA, operator=True)
        yield running


@pytest.fixture
def stranger(server: RunningServer) -> Visitor:
    return Visitor(server.base_url)


@pytest.fixture
def ada(server: RunningServer) -> Visitor:
    visitor = Visitor(server.base_url)
    assert visitor.log_in(ADA, PASSWORD).status_code == 303
    return visitor


def test_a_stranger_is_led_to_the_log_in_and_back(stranger):
    """Who is not logged in comes to the form, and afterwards to the page that was wanted."""
    away = stranger.get("/console/account")
    assert away.status_code == 303
    form = stranger.get(away.headers["location"])
    answer = stranger.send(form, "/console/login", email=ADA, password=PASSWORD)
    assert answer.headers["location"] == "/console/account"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/console",
        "//elsewhere.example/console",
        "/console//elsewhere.example",
        "/console\\\\elsewhere.example",
        "/consoles",
        "/docs",
        "javascript:alert(1)",
        "/console/\r\nx: y",
        "",
    ],
)
def test_the_log_in_leads_to_pages_of_ours_only(stranger, wanted):
    """Whatever ``next`` says, the answer stays in the console."""
    form = stranger.get("/console/login")
    fields = {**hidden(form, "/console/login"), "next": wanted}
    answer = stranger.post("/console/login", {**fields, "email": ADA, "password": PASSWORD})
    assert answer.headers["location"] == "/console"


def test_a_session_is_kept_out_of_reach(stranger):
    """The cookie is of this host alone, not for scripts, and not sent along with another site's forms."""
    stranger.log_in(ADA, PASSWORD)
    [line] = [
        line for line in stranger.set_cookies if line.startswith("__Host-remint-session=remint_")
    ]
    attributes = {part.strip().lower() for part in line.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)


def test_an_unknown_address_and_a_wrong_password_are_told_alike(stranger):
    """The form comes back the same, but for what was typed, and without the password."""
    pages = []
    for email in (ADA, "nobody@example.com"):
        form = stranger.get("/console/login")
        answer = stranger.send(form, "/console/login", email=email, password="wrong wrong wrong")
        assert answer.status_code == 422
        assert "wrong wrong wrong" not in answer.text
        pages.append(re.sub(r'name="csrf" value="[^"]*"', "", answer.text.replace(email, "")))
    assert pages[0] == pages[1]


def test_who_guesses_is_slowed_down(server, stranger):
    """After so many failures the form says so, with 429, and looks at no password more."""
    account(server, "guessed@example.com")
    answers = [
        stranger.log_in("guessed@example.com", f"wrong {n} wrong").status_code for n in range(6)
    ]
    assert answers == [422] * 5 + [429]
    assert stranger.log_in("guessed@example.com", PASSWORD).status_code == 429


def test_logging_out_ends_the_session_itself(server, ada):
    """A cookie that somebody copied is no good once its owner has logged out."""
    copied = Visitor(server.base_url)
    copied.cookies = dict(ada.cookies)
    page = ada.get("/console/account")
    assert ada.send(page, "/console/logout").status_code == 303
    assert "__Host-remint-session" not in ada.cookies
    assert copied.get("/console/account").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "remint_se_" + "0" * 49, "é", "a" * 5000])
def test_a_cookie_that_is_no_session_is_a_stranger(server, cookie):
    """A forged, garbled or empty cookie leads to the log-in, and to no error."""
    answer = httpx2.get(
        f"{server.base_url}/console/account",
        headers={"Cookie": b"__Host-remint-session=" + cookie.encode()},
    )
    assert answer.status_code == 303


def test_a_form_is_masked_anew_each_time(ada):
    """Two loads of a page carry different tokens, and both are good: packing gives nothing away."""
    first, second = (ada.get("/console/account") for _ in range(2))
    tokens = [hidden(page, "/console/logout")["csrf"] for page in (first, second)]
    assert tokens[0] != tokens[1]
    for page in (first, second):
        answer = ada.send(page, "/console/account/name", name="Ada", version="1")
        assert answer.status_code in {303, 412}


@pytest.mark.parametrize("token", ["", "x", "A" * 86, "é" * 86, None])
def test_a_form_without_its_token_changes_nothing(ada, token):
    """A missing, forged or garbled token is refused, with words that say what to do."""
    fields = {"name": "Mallory", "version": "1"} | ({} if token is None else {"csrf": token})
    answer = ada.post("/console/account/name", fields)
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text
    assert "Mallory" not in ada.get("/console/account").text


def test_a_token_is_of_one_log_in(server, ada):
    """What was made for one session is no good in another of the same person."""
    other = Visitor(server.base_url)
    other.log_in(ADA, PASSWORD)
    fields = hidden(other.get("/console/account"), "/console/account/name")
    assert ada.post("/console/account/name", {**fields, "name": "Mallory"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_form_of_another_site_changes_nothing(ada, headers):
    """Even with the right token, what a browser says comes from elsewhere is refused."""
    fields = hidden(ada.get("/console/account"), "/console/account/name")
    answer = ada.post("/console/account/name", {**fields, "name": "Mallory"}, **headers)
    assert answer.status_code == 403


def test_a_page_says_what_a_browser_may_do_with_it(ada):
    """No page is kept, framed, or allowed anything from elsewhere or inline."""
    for path in ("/console/account", "/console/login", "/console/nothing"):
        headers = ada.get(path).headers
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http:" not in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_an_address_that_leads_nowhere_is_a_page(stranger):
    """It says so, with the way back, and shows nothing of what was asked for."""
    answer = stranger.get("/console/%3Cb%3Enothing")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "<b>nothing" not in answer.text


def test_a_method_that_a_page_has_not_is_refused(ada):
    """``DELETE`` on a page says which methods there are."""
    answer = ada.ask("DELETE", "/console/account")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_the_head_of_a_page_can_be_had(ada):
    """``HEAD`` answers as ``GET`` does, without the body."""
    answer = ada.ask("HEAD", "/console/account")
    assert answer.status_code == 200
    assert not answer.content


def test_a_part_of_a_page_leads_a_stranger_to_the_log_in(stranger):
    """A request of htmx without a session has the whole page go there."""
    answer = stranger.get("/console/account", HX_Request="true")
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/console/login?next=")


def test_a_page_is_packed_for_who_takes_it(server, ada):
    """With gzip accepted it is a third of its size or less, and the same."""
    plain = ada.get("/console/account", Accept_Encoding="identity")
    packed = ada.get("/console/account", Accept_Encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) * 3 < len(plain.content)
    assert len(gzip.compress(plain.content, 6)) < 10_000


def test_too_large_a_form_is_refused(ada):
    """A form of more than 64 KiB gets 413, not a handler."""
    page = ada.get("/console/account")
    answer = ada.send(page, "/console/account/name", name="x" * 70_000)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"&".join(b"a=1" for _ in range(600)), b"name=%ff%fe"]
)
def test_what_is_no_form_is_refused(ada, body):
    """Bytes that no form sends are refused in words, and are no fault of ours."""
    answer = ada.ask("POST", "/console/account/name", content=body)
    assert answer.status_code == 400
    assert "form could not be read" in answer.text


def test_a_name_is_changed_by_the_first_of_two(ada):
    """Of two forms made from the same version one is saved, and the other writer is told."""
    pages = [ada.get("/console/account") for _ in range(2)]
    answers = [
        ada.send(page, "/console/account/name", name=f"Ada {n}") for n, page in enumerate(pages)
    ]
    assert [answer.status_code for answer in answers] == [303, 412]
    assert "Somebody changed this meanwhile" in answers[1].text
    assert "Ada 0" in ada.get("/console/account").text


def test_a_name_that_will_not_do_is_told_at_its_field(ada):
    """The form comes back with the error and with what was typed."""
    page = ada.get("/console/account")
    answer = ada.send(page, "/console/account/name", name="")
    assert answer.status_code == 422
    assert 'id="f-name-error"' in answer.text


def test_a_password_is_changed_by_who_knows_it(server):
    """A wrong old one changes nothing; a new one ends the sessions elsewhere, and not this one."""
    account(server, "grace@example.com")
    here, elsewhere = Visitor(server.base_url), Visitor(server.base_url)
    for visitor in (here, elsewhere):
        visitor.log_in("grace@example.com", PASSWORD)
    page, new = here.get("/console/account"), "another long password"
    wrong = here.send(page, "/console/account/password", old="wrong wrong wrong", new=new)
    assert wrong.status_code == 422
    assert 'id="f-old-error"' in wrong.text
    assert here.send(page, "/console/account/password", old=PASSWORD, new=new).status_code == 303
    assert here.get("/console/account").status_code == 200
    assert elsewhere.get("/console/account").status_code == 303
    assert elsewhere.log_in("grace@example.com", PASSWORD).status_code == 422
    assert elsewhere.log_in("grace@example.com", new).status_code == 303


def test_sessions_elsewhere_can_be_ended(server):
    """One is ended by its button, all others by another; another person's cannot be."""
    account(server, "edith@example.com")
    visitors = [Visitor(server.base_url) for _ in range(3)]
    for visitor in visitors:
        visitor.log_in("edith@example.com", PASSWORD)
    here, second, third = visitors
    page = here.get("/console/account")
    assert here.send(page, "/console/account/sessions").status_code == 303
    alive = [visitor.get("/console/account").status_code for visitor in visitors]
    assert sorted(alive) == [200, 200, 303]
    assert alive[0] == 200
    assert here.send(page, "/console/account/sessions/others").status_code == 303
    assert [visitor.get("/console/account").status_code for visitor in (second, third)] == [
        303,
        303,
    ]
    fields = hidden(page, "/console/account/sessions")
    for session in ("00" * 32, "zz", ""):
        answer = here.post("/console/account/sessions", {**fields, "session": session})
        assert answer.status_code == 404


def test_many_log_ins_at_once_are_each_a_session(server):
    """People who log in at the same moment do not get one another's pages."""
    emails = [f"many{n}@example.com" for n in range(6)]
    for email in emails:
        account(server, email)
    pages: dict[str, str] = {}

    def come(email: str) -> None:
        visitor = Visitor(server.base_url)
        visitor.log_in(email, PASSWORD)
        pages[email] = visitor.get("/console/account").text

    threads = [threading.Thread(target=come, args=(email,)) for email in emails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for email in emails:
        assert email in pages[email]
        assert not any(other in pages[email] for other in emails if other != email)
