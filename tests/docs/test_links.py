"""Links lead somewhere, and every page can be reached."""

from __future__ import annotations

import pytest

from tests.docs.page import Page, pages
from tests.house.tree import ROOT


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.path)
def test_links_lead_somewhere(page):
    """Each link within the project names a file that is there and, with ``#``, a heading of it."""
    folder = (ROOT / page.path).parent
    for link in page.links:
        name, _, anchor = link.partition("#")
        target = (folder / name).resolve() if name else ROOT / page.path
        assert target.exists(), f"{page.path}: {link}: no such file"
        if anchor:
            there = Page(str(target.relative_to(ROOT)))
            assert anchor in there.anchors, f"{page.path}: {link}: no such heading"


def test_every_page_is_in_the_list():
    """``docs/README.md`` links every page beside it."""
    listed = {link.partition("#")[0] for link in Page("docs/README.md").links}
    beside = {each.name for each in (ROOT / "docs").iterdir() if each.is_file()} - {"README.md"}
    assert listed == beside


def test_every_image_is_shown():
    """No picture lies about unused, and each has a text for those who do not see it."""
    links = {link for page in pages() for link in page.links if link.endswith((".svg", ".png"))}
    images = ROOT / "docs/images"
    files = {str(each.relative_to(images)) for each in images.rglob("*.*")}
    assert {link.partition("images/")[2] for link in links} == files
    for drawing in images.glob("*.svg"):
        text = drawing.read_text()
        assert "<title" in text
        assert "<desc" in text
