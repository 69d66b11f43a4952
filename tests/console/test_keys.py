"""Signing keys: looked at, rotated by hand, replaced when one has leaked, shown to their verifier."""

from __future__ import annotations

import pytest

from remint.issuer.upkeep.keyuse import tell_keys
from tests.console.people import opened
from tests.console.visitor import Visitor

HERE = "/console/keys"


@pytest.fixture
def operator(server, workshop):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(workshop.owner.email, workshop.owner.password).status_code == 303
    return visitor


def keys(server):
    with opened(server) as installation:
        return {each["id"]: each for each in tell_keys(installation)}


def test_rotating_by_hand(as_owner, server, axe):
    """A new key is published ahead of its first signature; the one before it goes on signing."""
    before = keys(server)
    page = as_owner
    page.goto(HERE)
    axe(page)
    page.get_by_role("link", name="Rotate by hand").click()
    axe(page)
    page.get_by_label("Refresh tokens").uncheck()
    page.get_by_role("button", name="Make new keys").click()
    page.get_by_text("New keys were made.").wait_for()
    [new] = [each for name, each in keys(server).items() if name not in before]
    assert new["use"] == "access tokens"
    row = page.get_by_role("row").filter(has_text=new["id"])
    assert row.get_by_text("Published ahead").is_visible()
    axe(page)


def test_a_key_has_leaked(as_owner, server, axe):
    """In so many words only: then the new key signs at once, and the old one is gone."""
    page = as_owner
    page.goto(HERE)
    page.get_by_role("link", name="A key has leaked").click()
    axe(page)
    page.get_by_label("Access tokens, ES256").check()
    page.get_by_label("Type: it has leaked").fill("yes")
    page.get_by_role("button", name="Replace it now").click()
    page.get_by_role("alert").get_by_text("Type: it has leaked").wait_for()
    axe(page)
    old = {name for name, each in keys(server).items() if each["algorithm"] == "ES256"}
    page.get_by_label("Type: it has leaked").fill("it has leaked")
    page.get_by_role("button", name="Replace it now").click()
    page.get_by_text("The key was replaced.").wait_for()
    [new] = [each for each in keys(server).values() if each["algorithm"] == "ES256"]
    assert new["id"] not in old
    assert new["state"] == "active"


def test_nothing_chosen(operator):
    """A rotation of nothing, and a leak of nothing, are refused at the field."""
    page = operator.get(f"{HERE}/rotate")
    assert operator.send(page, f"{HERE}/rotate").status_code == 422
    page = operator.get(f"{HERE}/emergency")
    answer = operator.send(page, f"{HERE}/emergency", phrase="it has leaked")
    assert answer.status_code == 422
    assert "Say which key has leaked." in answer.text


def test_a_shared_key(as_owner, server, axe):
    """An HS256 key is shown to who gives it to its verifier, and can be rotated for that audience."""
    page = as_owner
    page.goto(f"{HERE}/share")
    page.get_by_text("No app has HS256 access tokens").wait_for()
    with opened(server) as installation:
        installation.keys.access_signer(
            "HS256", "https://till.example", installation.clock.now_ms()
        )
    page.goto(HERE)
    page.get_by_role("link", name="Show the key of https://till.example").click()
    axe(page)
    page.get_by_label("https://till.example").check()
    page.get_by_role("button", name="Show the key").click()
    axe(page)
    assert len(page.get_by_role("textbox", name="Key, in hexadecimal").input_value()) == 64
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Rotate by hand").click()
    choice = page.get_by_label("Access tokens, HS256 for https://till.example")
    assert not choice.is_checked()
    choice.check()
    page.get_by_role("button", name="Make new keys").click()
    page.get_by_text("New keys were made.").wait_for()
    assert page.get_by_role("row").filter(has_text="https://till.example").count() == 2


def test_somebody_elses_key(operator):
    """An audience that has no key is refused."""
    page = operator.get(HERE)
    assert page.status_code == 200
    form = operator.get(f"{HERE}/rotate")
    token = form.text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = operator.post(f"{HERE}/share", {"csrf": token, "audience": "https://x.example"})
    assert answer.status_code == 422


def test_only_operators(server, workshop):
    """An owner of a workspace has no say in the installation's keys."""
    stranger = Visitor(server.base_url)
    stranger.log_in(workshop.stranger.email, workshop.stranger.password)
    for page in ("", "/rotate", "/emergency", "/share"):
        assert stranger.get(HERE + page).status_code == 403
