"""What the browser shows when it comes back: plain pages with nothing in them that is worth having."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final, NamedTuple

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:18vh auto;padding:0 1.5em;"
    "color:#1c2430;background:#fbfaf7}h1{font-size:1.5em;font-weight:600}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181f}}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'",
    # The address of this page has the code in it: it must not travel on.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class Page(NamedTuple):
    """A status, and the words of a page."""

    status: int
    title: str
    words: str

    def html(self) -> bytes:
        """The page."""
        title, words = escape(self.title), escape(self.words)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width">'
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{words}</p></body></html>\n"
        ).encode()


DONE: Final = Page(
    200, "Back to the program", "The provider has agreed. You can close this window."
)
NOT_HERE: Final = Page(404, "Nothing here", "This address only waits for a login to end.")
NOT_THIS: Final = Page(
    400, "Another login", "This is not the login that is waited for. Begin again from the program."
)
OVER: Final = Page(410, "It is over", "This login has ended already. You can close this window.")


def refused(words: str) -> Page:
    """The provider, or the person, said no."""
    return Page(400, "No login", f"{words} You can close this window.")
