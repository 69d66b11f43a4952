"""A page of the documentation, taken apart: code blocks, inline code, links, headings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.house.tree import ROOT

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Block:
    """A fenced block. ``words`` are those of its first line: the language, then marks such as ``run``."""

    words: tuple[str, ...]
    code: str
    line: int

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def is_run(self) -> bool:
        return "run" in self.words[1:]


@dataclass(frozen=True)
class Page:
    """A Markdown file of the project, by its path in it."""

    path: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.path).read_text()

    @cached_property
    def prose(self) -> str:
        """The text without its blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(
                tuple(match["info"].split()),
                textwrap.dedent(match["code"]),
                self.text.count("\n", 0, match.start()) + 1,
            )
            for match in _FENCE.finditer(self.text)
        ]

    @property
    def spans(self) -> list[str]:
        """Inline code."""
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        """Where links and images lead, but for those out of the project."""
        found = _LINK.findall(_SPAN.sub("", self.prose))
        return [link for link in found if not re.match(r"[a-z]+:", link)]

    @property
    def anchors(self) -> set[str]:
        """What a link to a heading of this page may name, as GitHub makes it."""
        headings = (heading.replace("`", "") for heading in _HEADING.findall(self.prose))
        return {_NOT_IN_ANCHOR.sub("", each.lower()).replace(" ", "-") for each in headings}

    def section(self, heading: str) -> str:
        """The text below a heading, up to the next of its rank or above."""
        start = re.search(rf"^(#+) {re.escape(heading)}$", self.text, re.MULTILINE)
        assert start is not None, f"{self.path} has no heading {heading!r}"
        rest = self.text[start.end() :]
        end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
        return rest[: end.start()] if end else rest

    def cells(self, heading: str, column: int = 0) -> Iterator[list[str]]:
        """The inline code in one column of each row of the tables below a heading."""
        for line in self.section(heading).splitlines():
            if line.startswith("| ") and not line.startswith("| ---"):
                yield _SPAN.findall(line.strip("| ").split(" | ")[column])


def pages() -> list[Page]:
    """Every page that people read."""
    names = ["README.md", "CHANGELOG.md", *(f"docs/{each.name}" for each in _docs())]
    return [Page(name) for name in names]


def _docs() -> list[Path]:
    return sorted((ROOT / "docs").glob("*.md"))
