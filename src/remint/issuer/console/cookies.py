"""The console's cookies.

All are ``__Host-`` cookies (RFC 6265bis §4.1.3.2): no other host, nor a page without TLS, can set them.
Browsers take them on ``localhost`` and loopback addresses without TLS as well.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

SESSION: Final = "__Host-remint-session"
VISITOR: Final = "__Host-remint-visitor"
_FLASH: Final = "__Host-remint-flash"
_FLASH_SECONDS: Final = 60
_LONGEST_FLASH: Final = 500


def keep(response: Response, name: str, value: str, max_age_seconds: int) -> None:
    """Has the browser keep ``value``, out of scripts' reach. ``Lax``: a link from a letter may lead in."""
    response.set_cookie(
        name, value, max_age=max_age_seconds, path="/", secure=True, httponly=True, samesite="lax"
    )


def drop(response: Response, name: str) -> None:
    """Has the browser forget it."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def set_flash(response: Response, text: str) -> None:
    """Leaves ``text``, which is no secret, for the next page."""
    keep(response, _FLASH, quote(text[:_LONGEST_FLASH], safe=""), _FLASH_SECONDS)


def flash_of(request: Request) -> str:
    """What the page before this one left."""
    return unquote(request.cookies.get(_FLASH, ""))[:_LONGEST_FLASH]


def drop_flash(response: Response) -> None:
    """It was shown."""
    drop(response, _FLASH)
