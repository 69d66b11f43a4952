"""Whatever an app is called by its client id, its pages are found."""

from __future__ import annotations

from urllib.parse import unquote, urljoin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.console.pages import PAGES
from remint.issuer.console.segments import TAKEN, segment, text_of
from tests.console.people import opened
from tests.console.visitor import logged_in

BASE = "https://id.example/console/apps/"
#: RFC 6749 appendix A.1: a client id is of visible ASCII characters and spaces.
CLIENT_IDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
ODD = ["new", "a/b", "..", "~new", "a~2Fb", "a%2Fb", "a b?c=d#e", "\\", "https://acme.example/app"]


@given(CLIENT_IDS)
@example("..")
@example("new")
@example("~6Eew")
def test_a_client_id_is_one_part_of_a_path(text):
    """No browser or proxy takes it apart, walks up by it, or ends the path at it; and it comes back."""
    part = segment(text)
    assert urljoin(BASE, f"{part}/edit") == f"{BASE}{part}/edit"
    decoded = unquote(part)
    assert not set(decoded) & {"/", "\\"}
    assert decoded not in TAKEN
    assert text_of(decoded) == text


def test_no_page_stands_where_a_client_id_would():
    """Each fixed part of a path beside which another path has a place is one that no client id becomes."""
    paths = {page.path for page in PAGES}
    beside = set()
    for path in paths:
        before, place, _ = path.partition("{client_id}")
        if place:
            beside |= {
                other.removeprefix(before).partition("/")[0]
                for other in paths
                if other.startswith(before)
            }
    assert beside - {"{client_id}"} <= TAKEN


@pytest.mark.parametrize("client_id", ODD)
def test_an_app_of_any_client_id_has_its_pages(server, workshop, client_id):
    """The list leads to it, and its own page to each of its parts."""
    with opened(server) as installation:
        here = installation.workspaces.numbered(int(workshop.places["workspace"]))
        name = f"Called {ODD.index(client_id)}"
        create_app(
            installation,
            AppDraft(name=name, dialect="oauth2", workspace=here, client_id=client_id),
        )
    owner = logged_in(server, workshop.owner)
    listed = owner.get(f"/console/workspaces/{here.id}/apps?q=Called").text
    [link] = [part for part in listed.split('<a href="') if f">{name}</a>" in part]
    own = link.partition('"')[0]
    for part in ("", "/installations", "/policy", "/try", "/sales-channel"):
        assert f"<h1>{name}</h1>" in owner.get(own + part).text
    edited = owner.send(owner.get(f"{own}/edit"), f"{own}/edit", name=f"{name} too")
    assert f"<h1>{name} too</h1>" in owner.follow(edited).text
