"""What a form made is shown on its answer; whoever loads that again, or comes back to it, makes no other."""

from __future__ import annotations

import pytest

from remint.issuer.console.pages import PAGES
from tests.console.people import opened
from tests.console.tour import place
from tests.console.visitor import logged_in, words

KEY = {"name": "Twice", "days": "30"}
#: Where each form is found, and what is typed into it.
FORMS = {
    "admin-key-new": ("admin-key-new", {**KEY, "scopes": "apps:read"}),
    "admin-key-new-everywhere": ("admin-key-new-everywhere", {**KEY, "scopes": "workspaces:read"}),
    "app-refresh-token": ("app-installations", {}),
    "member-invite": ("member-invite", {"email": "twice@acme.example", "role": "viewer"}),
    "account-link": ("account-link", {}),
}
ONCE = [page for page in PAGES if page.once]


def told(server) -> int:
    """The number of the last thing that happened."""
    with opened(server) as installation:
        return installation.trail.search(limit=1)[0][0]


@pytest.mark.parametrize("page", ONCE, ids=lambda page: page.name)
def test_the_same_form_makes_one(server, workshop, page):
    """The repeat says so and shows no secret; the page, loaded anew, makes another."""
    owner, places = logged_in(server, workshop.owner), workshop.places_of(page.name)
    found, typed = FORMS[page.name]
    path = place(page.path, places)
    [shows] = [each for each in PAGES if each.name == found and each.method == "GET"]
    form = owner.get(place(shows.path, places))
    assert owner.send(form, path, **typed).status_code == 200
    before = told(server)
    again = owner.send(form, path, **typed)
    assert again.status_code == 409
    assert "this form was sent before" in words(again)
    assert "remint_" not in again.text
    assert told(server) == before
    assert owner.send(owner.get(place(shows.path, places)), path, **typed).status_code == 200
    assert told(server) == before + 1


def test_a_form_that_was_refused_may_be_sent_again(server, workshop):
    """What made nothing is no repeat."""
    owner, path = logged_in(server, workshop.owner), "/console/workspaces/1/admin-keys/new"
    form = owner.get(path)
    assert owner.send(form, path, **KEY).status_code == 422
    assert owner.send(form, path, **KEY, scopes="apps:read").status_code == 200


def test_loading_the_page_again_makes_no_other_key(as_owner):
    """In a browser: a reload sends the form once more, and is told so."""
    page = as_owner
    page.goto("/console/workspaces/1/admin-keys/new")
    page.get_by_role("textbox", name="Name").fill("Loaded twice")
    page.get_by_label("apps:read").check()
    page.get_by_role("button", name="Make the key").click()
    page.get_by_text("Shown once").wait_for()
    page.reload()
    page.get_by_text("this form was sent before").wait_for()
    page.goto("/console/workspaces/1/admin-keys")
    assert page.get_by_role("row").filter(has_text="Loaded twice").count() == 1
