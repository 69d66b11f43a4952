"""The manual at ``/docs``: what each dialect's endpoints take and answer, made from the dialects alone."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Final

import jinja2

from remint.dialect import Dialect
from remint.issuer.manual.dialecttold import told

_PAGES: Final = files("remint.issuer.manual") / "pages"


class Manual:
    """The page and its stylesheet."""

    def __init__(self, dialects: Iterable[Dialect], version: str) -> None:
        environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(lambda name: (_PAGES / name).read_text("utf-8")),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._template = environment.get_template("manual.html")
        self._dialects = [dialect for dialect in dialects if dialect.endpoints]
        self._version = version
        self.style = (_PAGES / "manual.css").read_text("utf-8")

    def page(self, *, base_url: str, mounted_at: str) -> str:
        """The page, as seen from ``base_url``; links are below ``mounted_at``."""
        return self._template.render(
            dialects=[told(dialect, base_url) for dialect in self._dialects],
            base_url=base_url,
            root=mounted_at,
            version=self._version,
        )
