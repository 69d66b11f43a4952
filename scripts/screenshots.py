"""Takes pictures of the console's pages: in light, in dark, and on a narrow screen.

``make screenshots`` starts a server of its own, puts a workshop in it, and goes through every page; the
pictures are whole pages, in ``.cache/screenshots``. ``ARGS=--docs`` takes those that the docs show, as a
window shows them, into ``docs/images/console``; ``ARGS="app grant"`` takes only pages of these names.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Page

from remint.issuer.settings import Settings
from tests.console.browser import NARROW, WIDE, browsing, chromium, profile
from tests.console.login import log_in
from tests.console.tour import Stop, names, stop
from tests.console.workshop import Workshop, furnish
from tests.servers import serving

ROOT: Final = Path(__file__).resolve().parents[1]
#: What the docs show: a page, and how.
CHOSEN: Final = {
    "overview": ("light", "dark"),
    "app-new": ("light",),
    "app": ("light", "narrow"),
    "app-sales-channel": ("light",),
    "grant": ("light",),
    "dialect": ("light",),
}
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "light": {"size": WIDE, "color_scheme": "light"},
    "dark": {"size": WIDE, "color_scheme": "dark"},
    "narrow": {"size": NARROW, "color_scheme": "light", "is_mobile": True, "has_touch": True},
}


def main(arguments: Sequence[str]) -> int:
    """Takes the pictures, and says where they are. The exit status is 1 for a page that is not shown."""
    for_docs = "--docs" in arguments
    wanted = set(arguments) - {"--docs"} or set(CHOSEN if for_docs else names())
    if unknown := wanted - set(names()):
        print(f"there is no page {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    program = chromium()
    if program is None:
        print("needs Chromium: scripts/setup browser", file=sys.stderr)
        return 1
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as place, browsing(program) as browser:
        workshop = furnish(Settings(data_dir=Path(place) / "data", access_log="off"))
        with serving(workshop.settings) as server:
            for look in _LOOKS:
                shown = [name for name in sorted(wanted) if not for_docs or look in CHOSEN[name]]
                camera = Camera(look, workshop, whole=not for_docs)
                with profile(browser, server.base_url, **_LOOKS[look]) as guest:
                    for name, picture in camera.take(guest.page(), shown):
                        _keep(f"{name}-{look}.png", picture, for_docs=for_docs)
                    problems += camera.problems + guest.problems()
    print(*problems, sep="\n", file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


@dataclass
class Camera:
    """Takes pictures in one look: of a ``whole`` page, or of what a window shows of it."""

    look: str
    workshop: Workshop
    whole: bool
    problems: list[str] = field(default_factory=list)

    def take(self, page: Page, shown: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """A picture of each page: the public ones first, then the others as the owner sees them."""
        stops = [stop(name, self.workshop.places_of(name)) for name in shown]
        for each in filter(attrgetter("public"), stops):
            yield each.name, self._picture(page, each)
        log_in(page, self.workshop.owner)
        for each in filterfalse(attrgetter("public"), stops):
            yield each.name, self._picture(page, each)

    def _picture(self, page: Page, where: Stop) -> bytes:
        width, height = _LOOKS[self.look]["size"]
        page.set_viewport_size({"width": width, "height": height})
        answer = page.goto(where.path, wait_until="networkidle")
        if answer is None or answer.status != 200:
            self.problems.append(f"{where.name}: {where.path} gave {answer and answer.status}")
        if self.whole:
            # A window as high as the page: what sticks to the window's edges does so once.
            content = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, content)})
        return page.screenshot(animations="disabled", caret="hide")


def _keep(name: str, picture: bytes, *, for_docs: bool) -> None:
    folder = ROOT / ("docs/images/console" if for_docs else ".cache/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(_small(picture) if for_docs else picture)
    print(path.relative_to(ROOT))


def _small(picture: bytes) -> bytes:
    """The same picture in 256 colours: a third of the bytes."""
    few = Image.open(io.BytesIO(picture)).convert("RGB")
    kept = io.BytesIO()
    # The median cut keeps the page's background apart from a panel's white.
    few.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        kept, "PNG", optimize=True
    )
    return kept.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
