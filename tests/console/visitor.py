"""A browser without a screen: keeps cookies, and fills in forms as they came.

The console's cookies are ``Secure``, and the tests' servers speak plain HTTP on a loopback address, which
browsers trust and cookie jars do not: so the cookies are kept here.
"""

from __future__ import annotations

import html
import re
import ssl
from http.cookies import SimpleCookie
from typing import Any

import httpx2

from tests.console.workshop import Somebody
from tests.servers import RunningServer

#: One for all: to read the system's certificates takes longer than most pages.
_NO_TLS = ssl.create_default_context()
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_TAG = re.compile(r"<[^>]+>")
_FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)


class Visitor:
    """``get`` a page, then ``send`` one of its forms. Redirects are not followed."""

    def __init__(self, base_url: str, **headers: str) -> None:
        self._base_url = base_url
        self._headers = headers
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Asks for a page."""
        return self.ask("GET", path, headers=headers)

    def post(
        self, path: str, fields: dict[str, Any] | None = None, **headers: str
    ) -> httpx2.Response:
        """Posts just these fields."""
        return self.ask("POST", path, data=fields or {}, headers=headers)

    def send(self, page: httpx2.Response, path: str, **fields: Any) -> httpx2.Response:
        """Fills in the form of ``page`` that goes to ``path``: its hidden fields, and these."""
        return self.post(path, {**hidden(page, path), **fields})

    def follow(self, answer: httpx2.Response) -> httpx2.Response:
        """Goes where the answer leads, as often as it does."""
        while answer.is_redirect:
            answer = self.get(answer.headers["location"])
        return answer

    def log_in(self, email: str, password: str) -> httpx2.Response:
        """Logs in by the form."""
        page = self.get("/console/login")
        return self.send(page, "/console/login", email=email, password=password)

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """A request by any method; an underscore in a header's name stands for a hyphen."""
        given = {**self._headers, **options.pop("headers", {})}
        headers = {name.replace("_", "-"): value for name, value in given.items()}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with httpx2.Client(base_url=self._base_url, timeout=20, verify=_NO_TLS) as client:
            answer = client.request(method, path, headers=headers, **options)
        self.set_cookies = answer.headers.get_list("set-cookie")
        for line in self.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return answer


def hidden(page: httpx2.Response, path: str) -> dict[str, str]:
    """The hidden fields of the form of ``page`` that goes to ``path``."""
    for form in _FORM.findall(page.text):
        if f'action="{path}"' in form:
            return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
    raise AssertionError(f"there is no form that goes to {path}")


def words(page: httpx2.Response) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(_TAG.sub(" ", page.text)).split())


def logged_in(server: RunningServer, somebody: Somebody) -> Visitor:
    """A visitor who has logged in."""
    visitor = Visitor(server.base_url)
    assert visitor.log_in(somebody.email, somebody.password).status_code == 303
    return visitor
