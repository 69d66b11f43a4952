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
    told: list[str] = []
    known: set[tuple[str, str]] = set()
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for violation in page.evaluate(_RUN):
            # Most of what is wrong in light is so in the dark: once is enough.
            places = {_place(node): node for node in violation["nodes"]}
            fresh = [place for place in places if (violation["id"], place) not in known]
            known |= {(violation["id"], place) for place in fresh}
            if fresh:
                told.append(
                    f"{violation['id']} ({violation['impact']}, {scheme}): {violation['help']}"
                )
            told += [line for place in fresh for line in _worded(place, places[place])]
    page.emulate_media(color_scheme="null")
    return told


def _place(node: Mapping[str, Any]) -> str:
    return " ".join(map(str, node["target"]))


def _worded(place: str, node: Mapping[str, Any]) -> Iterator[str]:
    yield f"  at {place}"
    yield f"    {node['html'][:200]}"
    yield from (f"    {line}" for line in node["failureSummary"].splitlines())
