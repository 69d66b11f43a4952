"""What keeps people out of a page, as axe-core finds it."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.house.tree import ROOT

#: Where `scripts/setup browser` puts it.
AXE = ROOT / ".cache/axe/node_modules/axe-core/axe.min.js"
_ALL = "{resultTypes: ['violations']}"
# In the dark the same elements have other colours.
_COLOURS = "{resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']}"


def violations(page: Page, *, dark: bool = True) -> list[str]:
    """What axe-core finds wrong with the page as it stands, in light and in ``dark``: some lines for each."""
    # Evaluated, and not added as a script: the page's content security policy stays in force.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    page.emulate_media(color_scheme="light")
    told = list(_run(page, _ALL, "light"))
    if dark:
        page.emulate_media(color_scheme="dark")
        told += _run(page, _COLOURS, "dark")
    page.emulate_media(color_scheme="null")
    return told


def _run(page: Page, options: str, scheme: str) -> Iterator[str]:
    for violation in page.evaluate(f"async () => (await axe.run(document, {options})).violations"):
        yield f"{violation['id']} ({violation['impact']}, {scheme}): {violation['help']}"
        for node in violation["nodes"]:
            yield f"  at {' '.join(map(str, node['target']))}"
            yield f"    {node['html'][:200]}"
            yield from (f"    {line}" for line in node["failureSummary"].splitlines())
