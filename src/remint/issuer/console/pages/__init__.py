"""Every page of the console. A module that makes pages lists them in ``PAGES``, and is joined here."""

from __future__ import annotations

from typing import Final

from remint.issuer.console.page import Page
from remint.issuer.console.pages import (
    account,
    home,
    invitation,
    session,
)

PAGES: Final[tuple[Page, ...]] = (
    *home.PAGES,
    *session.PAGES,
    *invitation.PAGES,
    *account.PAGES,
)
