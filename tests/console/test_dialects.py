"""Dialects: listed and drawn."""

from __future__ import annotations

import json

import pytest

from tests.console.browser import NARROW
from tests.console.login import log_in
from tests.console.visitor import Visitor

HERE = "/console/dialects"


def test_from_the_list_to_a_drawing(as_owner, axe):
    """The contract's dialect: its request and its answer drawn, a sample, refusals, who speaks it."""
    page = as_owner
    page.goto(HERE)
    axe(page)
    page.get_by_role("link", name="Eshopbox").click()
    axe(page)
    request = page.get_by_role("group", name="Request: the app to here").inner_text()
    assert request.startswith("POST /api/v1/generateToken")
    assert '"refresh_token": refresh token' in request
    assert page.get_by_text("the one that was sent stays good").is_visible()
    sample = page.get_by_role("group", name="Such a request").inner_text()
    assert sample.startswith("curl -sS -X POST http")
    page.get_by_text("401 invalid_client").click()
    drawn = page.locator("[aria-labelledby=refusal-invalid_client-title]")
    assert '"error": "invalid_client"' in drawn.inner_text()
    assert page.get_by_role("link", name="Acme Orders").is_visible()


def test_its_openapi(as_owner):
    """The description is there to read, and to take along."""
    page = as_owner
    page.goto(f"{HERE}/genlogs")
    page.get_by_text("OpenAPI description as JSON").click()
    shown = json.loads(page.locator("#openapi").inner_text())
    taken = json.loads(page.request.get("/openapi/genlogs.json").text())
    assert shown["paths"] == taken["paths"]
    link = page.get_by_role("link", name="OpenAPI", exact=True)
    assert link.get_attribute("href") == "/openapi/genlogs.json"


@pytest.mark.parametrize("name", ["eshopbox", "genlogs", "oauth2", "partner"])
def test_on_a_small_screen(profiles, workshop, name):
    """Nothing of a drawing makes a small screen scroll sideways."""
    page = profiles(size=NARROW, color_scheme="dark").page()
    log_in(page, workshop.viewer)
    page.goto(f"{HERE}/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_only_what_the_reader_sees(server, workshop):
    """Apps of a workspace that is somebody else's are not listed."""
    stranger = Visitor(server.base_url)
    stranger.log_in(workshop.stranger.email, workshop.stranger.password)
    page = stranger.get(f"{HERE}/eshopbox")
    assert page.status_code == 200
    assert "Acme Orders" not in page.text
    assert "No app speaks it yet" in page.text
    assert stranger.get(f"{HERE}/klingon").status_code == 404
