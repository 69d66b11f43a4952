"""Logging in, as a person does."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.console.workshop import Somebody


def log_in(page: Page, somebody: Somebody) -> None:
    """Goes to the page, types and sends. Ends on the page that the console leads to."""
    page.goto("/console/login")
    page.get_by_label("E-mail address").fill(somebody.email)
    page.get_by_label("Password").fill(somebody.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda address: "/console/login" not in address)
