"""Pages out of templates: what is escaped, what a template may name, and where files are found."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2

from remint.issuer.console import chartmarks, moments
from remint.issuer.console.assets import assets

_FOLDER: Final = files("remint.issuer.console") / "templates"


@cache
def environment() -> jinja2.Environment:
    """The templates of the console. A name that a page was not given is an error, never an empty place."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
        undefined=jinja2.StrictUndefined,
    )
    made.filters.update(
        {
            "span": moments.span,
            "count": moments.count,
            "bars": chartmarks.bars,
            "hits": chartmarks.hits,
            "rows": chartmarks.rows,
        }
    )
    safe = made.filters["safe"]
    made.globals["time_mark"] = lambda *given, **named: safe(moments.time_mark(*given, **named))
    return made


def render(template: str, *, root: str, **context: Any) -> str:
    """The page that ``template`` makes of ``context``. ``root`` is the console's own path, without a slash.

    Raises ``jinja2.UndefinedError`` where the template asks for what it was not given.
    """
    paths = assets().paths

    def asset(name: str) -> str:
        return root + paths[name]

    return environment().get_template(template).render(root=root, asset=asset, **context)


def _source(name: str) -> str | None:
    file = _FOLDER / name
    return file.read_text("utf-8") if file.is_file() else None
