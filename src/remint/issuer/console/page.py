"""A page of the console: what it is called, who may see it, and what makes it.

The tables of pages (``PAGES`` in each module of ``pages``) are what the dispatcher, the menu and the tests
go by: a page that is not in one is not there, and one that is in has been tried by a stranger, a lower role
and an expired session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from starlette.responses import Response

from remint.issuer.console.visit import Visit
from remint.issuer.people.access import Permission


class Shown(msgspec.Struct, frozen=True):
    """A page to be made of ``template`` and ``context``. One that ``shows_secret`` is never packed."""

    template: str
    context: dict[str, Any] = {}
    status: int = 200
    shows_secret: bool = False


class Goto(msgspec.Struct, frozen=True):
    """On to another page of ours, by GET; ``flash`` is told there once, and is no secret."""

    url: str
    flash: str = ""


Answer = Shown | Goto | Response
Handler = Callable[[Visit], Answer]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One address and method.

    - ``path`` begins with ``/console``; ``{workspace}`` in it is looked up before ``handler`` is called, and
      ``permission`` is demanded there, else in the installation as a whole.
    - ``permission`` ``None`` is for anybody who is logged in; a ``public`` page needs no session.
    - ``versioned``: the form carries the version of what it changes, in ``version``.
    - ``once``: the answer shows what was made, so that a reload would make another: see ``console.once``.
    - ``operation`` names the operation of the admin API that does the same as this POST; ``alone`` says why
      there is none.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    handler: Handler
    permission: Permission | None = None
    public: bool = False
    versioned: bool = False
    once: bool = False
    operation: str = ""
    alone: str = ""
