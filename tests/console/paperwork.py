"""The forms of a page, as a browser would send them: every field with the value that stands in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_PHRASE: Final = re.compile(r"Type <code>([^<]*)</code> to go on")
_UNSENT: Final = {"submit", "button", "reset", "file"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form" and given.get("method") == "post":
            self._form = self.forms.setdefault(given.get("action") or "", {})
        elif self._form is None:
            return
        elif tag == "input" and name and given.get("type") not in _UNSENT:
            if given.get("type") in ("checkbox", "radio") and "checked" not in given:
                return
            self._form[name] = given.get("value") or ""
        elif tag == "select":
            self._select = name
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or self._select not in self._form)
        ):
            self._form[self._select] = given.get("value") or ""
        elif tag == "textarea":
            self._area = name
            self._form[name] = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def forms_of(text: str) -> dict[str, dict[str, str]]:
    """The fields of each form that posts, by where it goes. A phrase that is to be typed is typed."""
    reader = _Reader()
    reader.feed(text)
    phrase = _PHRASE.search(text)
    for fields in reader.forms.values():
        if "phrase" in fields and phrase:
            fields["phrase"] = phrase[1]
    return reader.forms
