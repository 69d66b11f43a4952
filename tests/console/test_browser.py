"""The ground of the console's tests: what a page does wrong is seen, and what it does right is not."""

from __future__ import annotations

import pytest

from tests.console.browser import NARROW, profile


def test_a_good_page_passes(page, axe):
    """The manual asks nobody else for anything, and keeps nobody out."""
    page.goto("/docs")
    axe(page)


def test_a_narrow_dark_window(profiles):
    """A profile can be had with a small screen in the dark."""
    page = profiles(size=NARROW, color_scheme="dark").page()
    page.goto("/docs")
    assert page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [
        360,
        True,
    ]


def test_a_violation_is_told(page, axe):
    """What axe-core finds is told by its rule, its place and what would do."""
    page.goto("/docs")
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src='' id=bare></main>")
    with pytest.raises(AssertionError, match=r"(?s)image-alt \(critical, light\).*at #bare\n"):
        axe(page)


@pytest.mark.parametrize(
    "markup, said",
    [
        ("<img src=http://elsewhere.example/a.png>", "asked another origin: http://elsewhere"),
        ("<script>oops()</script>", "said on its console: Executing inline script violates"),
    ],
)
def test_a_fault_is_noted(browser, server, markup, said):
    """Another origin, and what the content security policy stops, are noted."""
    with profile(browser, server.base_url) as watched:
        page = watched.page()
        page.goto("/docs")
        page.evaluate("markup => document.write(markup)", markup)
        page.wait_for_load_state()
        assert any(each.startswith(said) for each in watched.problems()), watched.problems()


def test_a_script_that_fails_is_noted(browser, server):
    """So is an error that no script catches."""
    with profile(browser, server.base_url) as watched:
        page = watched.page()
        page.goto("/docs")
        page.evaluate("() => { setTimeout(() => { throw Error('oops') }, 0) }")
        page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 1))")
        assert watched.problems() == ["a script failed: oops"]
