"""Every page of the console, with an address for each: whoever looks at all of them goes by this list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from remint.issuer.console.pages import PAGES

#: What is answered with a file, and shows nothing.
_FILES: Final = (".json", ".jsonl", ".css", ".js", ".svg")
_PLACE: Final = re.compile(r"\{(\w+)(?::\w+)?\}")


class Stop(msgspec.Struct, frozen=True):
    """A page to look at. A ``public`` one is looked at by somebody who is not logged in."""

    name: str
    path: str
    public: bool


def names() -> list[str]:
    """The name of each page that can be looked at."""
    return [page.name for page in PAGES if page.method == "GET" and not page.path.endswith(_FILES)]


def stop(name: str, places: Mapping[str, str]) -> Stop:
    """The page called ``name``. ``places`` are what stands in the paths: ``{"workspace": "1", …}``.

    Raises ``KeyError`` for a place that there is no value of: the workshop has to have one of it.
    """
    [page] = [each for each in PAGES if each.name == name and each.method == "GET"]
    return Stop(name, place(page.path, places), page.public)


def place(path: str, places: Mapping[str, str]) -> str:
    """A page's path with what stands in it. Raises ``KeyError`` as ``stop`` does."""
    return _PLACE.sub(lambda found: places[found[1]], path)
