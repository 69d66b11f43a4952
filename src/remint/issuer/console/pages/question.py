"""The page that asks before what cannot be undone: the dialog of ``confirm``, where there are no scripts."""

from __future__ import annotations

from typing import Any

from remint.issuer.console.page import Shown
from remint.issuer.console.visit import Visit


def question(
    visit: Visit,
    *,
    title: str,
    text: str,
    go: str,
    back: str,
    fields: dict[str, Any] | None = None,
    phrase: str = "",
    error: str = "",
    is_dangerous: bool = True,
) -> Shown:
    """Asks; the answer is posted to the page's own address, with ``fields``.

    With a ``phrase`` the reader has to type it: see ``is_meant``. ``error`` says why it is asked again.
    """
    return Shown(
        "pages/question.html",
        {
            "title": title,
            "text": text,
            "go": go,
            "action": visit.url(visit.page.name, **visit.path),
            "back": back,
            "fields": fields or {},
            "phrase": phrase,
            "error": error,
            "is_dangerous": is_dangerous,
        },
        422 if error else 200,
    )


def is_meant(visit: Visit, phrase: str) -> bool:
    """Whether the reader typed ``phrase``."""
    return visit.form["phrase"] == phrase.strip()
