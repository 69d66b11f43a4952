"""Where the console begins: at the workspace that there is, or where one is chosen."""

from __future__ import annotations

from typing import Final

from remint.issuer.console.page import Goto, Page
from remint.issuer.console.visit import Visit
from remint.issuer.tenants.workspaces import workspaces


def home(visit: Visit) -> Goto:
    """On to the only workspace, or to the choice of one."""
    there = workspaces(visit.installation, visit.principal)
    if len(there) == 1:
        return Goto(visit.url("overview", workspace=there[0].id), visit.flash)
    return Goto(visit.url("workspaces"), visit.flash)


PAGES: Final = (Page(method="GET", path="/console", name="home", handler=home),)
