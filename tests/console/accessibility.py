"""What keeps people out of a page, as axe-core finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from playwright.sync_api import Page

from tests.house.tree import ROOT

#: Where `scripts/setup browser` puts it.
AXE = ROOT / ".cache/axe/node_modules/axe-core/axe.min.js"
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, in light and in dark: some lines for each."""
    # Evaluated, and not added as a script: the page's content security policy stays in force.
    page.evaluate(AXE.read_text())
    told = []
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        told += [line for found in page.evaluate(_RUN) for line in _worded(found, scheme)]
    page.emulate_media(color_scheme="null")
    return told


def _worded(violation: Mapping[str, Any], scheme: str) -> Iterator[str]:
    yield f"{violation['id']} ({violation['impact']}, {scheme}): {violation['help']}"
    for node in violation["nodes"]:
        yield f"  at {' '.join(map(str, node['target']))}"
        yield f"    {node['html'][:200]}"
        yield from (f"    {line}" for line in node["failureSummary"].splitlines())
