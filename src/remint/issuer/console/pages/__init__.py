"""Every page of the console. A module that makes pages lists them in ``PAGES``, and is joined here."""

from __future__ import annotations

from typing import Final

from remint.issuer.console.page import Page
from remint.issuer.console.pages import (
    account,
    accounts,
    adminkeys,
    app,
    appcopy,
    appcredentials,
    appedit,
    appinstall,
    appinstallations,
    appnew,
    apps,
    apptry,
    companies,
    dialects,
    home,
    invitation,
    keys,
    members,
    overview,
    policy,
    saleschannel,
    session,
    users,
    workspaces,
    workspacesettings,
)

PAGES: Final[tuple[Page, ...]] = (
    *home.PAGES,
    *session.PAGES,
    *invitation.PAGES,
    *account.PAGES,
    *app.PAGES,
    *appcopy.PAGES,
    *appcredentials.PAGES,
    *appedit.PAGES,
    *appinstall.PAGES,
    *appinstallations.PAGES,
    *appnew.PAGES,
    *apps.PAGES,
    *apptry.PAGES,
    *overview.PAGES,
    *policy.PAGES,
    *saleschannel.PAGES,
    *workspaces.PAGES,
    *workspacesettings.PAGES,
    *accounts.PAGES,
    *adminkeys.PAGES,
    *companies.PAGES,
    *dialects.PAGES,
    *keys.PAGES,
    *members.PAGES,
    *users.PAGES,
)
