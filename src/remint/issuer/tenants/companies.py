"""Companies: whose number and name the tokens of their users and apps carry."""

from __future__ import annotations

import contextlib
from typing import Final

from remint.errors import ConfigurationError, NotFound
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name
from remint.store.records import Company, Workspace

HIGHEST_NUMBER: Final = 2**53 - 1
"""The largest whole number that every JSON reader takes for itself (RFC 8259 §6)."""


def companies(
    installation: Installation,
    workspace: Workspace,
    *,
    query: str = "",
    after: int = 0,
    limit: int = 50,
) -> list[Company]:
    """So many companies of a workspace, oldest first, from the one after the id ``after`` on.

    Those whose name or number has ``query`` in it.
    """
    return installation.companies.search(workspace.id, query=query, after=after, limit=limit)


def company(installation: Installation, workspace: Workspace, company_id: int) -> Company:
    """The company of that id in that workspace. Raises ``NotFound``."""
    return installation.companies.numbered(workspace.id, company_id)


def company_in(
    installation: Installation, workspace: Workspace, company_id: int | None
) -> int | None:
    """The id, if it is of a company of that workspace, or ``None``. Raises ``ConfigurationError``."""
    if company_id is None:
        return None
    with contextlib.suppress(NotFound):
        # More than that no row is numbered, nor can every engine be asked for it.
        if 0 < company_id <= HIGHEST_NUMBER:
            return company(installation, workspace, company_id).id
    raise ConfigurationError(
        f"there is no company {company_id} in the workspace {workspace.name!r}",
        key="company",
        expected="the id of a company of that workspace",
    )


def create_company(
    installation: Installation,
    workspace: Workspace,
    number: int,
    name: str,
    *,
    actor: Actor = NOBODY,
) -> Company:
    """Makes a company. Raises ``Conflict`` for a number that is taken in that workspace."""
    called = clean_name(name)
    if not 0 < number <= HIGHEST_NUMBER:
        raise ConfigurationError(
            f"{number} is no number for a company",
            key="number",
            expected=f"a whole number from 1 to {HIGHEST_NUMBER}",
        )
    with installation.database.write():
        made = installation.companies.create(workspace.id, number, called)
        _note(installation, "company_created", actor, made)
    return made


def change_company(
    installation: Installation,
    changed: Company,
    *,
    name: str,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> Company:
    """Gives it another name, which its apps' next tokens carry, and its users' next grants.

    Raises ``StaleVersion``.
    """
    called = clean_name(name)
    with installation.database.write():
        made = installation.companies.rename(changed, called, expected=expected)
        _note(installation, "company_changed", actor, made)
    return made


def _note(installation: Installation, name: str, actor: Actor, about: Company) -> None:
    detail = {"number": about.number, "name": about.name}
    note(installation, name, actor, workspace_id=about.workspace_id, company=detail)
