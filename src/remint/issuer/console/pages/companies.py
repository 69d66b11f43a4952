"""Companies, whose number and name travel in tokens, and partners: the apps that a number stands for."""

from __future__ import annotations

from typing import Any, Final

from remint.errors import StaleVersion
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.meanwhile import meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.paging import PAGE_ROWS, after, rows
from remint.issuer.console.visit import Visit
from remint.issuer.tenants.companies import (
    HIGHEST_NUMBER,
    change_company,
    companies,
    company,
    create_company,
)
from remint.store.records import Company

_DIGITS: Final = len(str(HIGHEST_NUMBER))


def all_companies(visit: Visit) -> Shown:
    """The companies of the workspace, and its partners."""
    query, begun = visit.query.get("q", ""), after(visit)
    found = companies(visit.installation, visit.here, query=query, after=begun, limit=PAGE_ROWS + 1)
    partners = [
        each for each in visit.installation.catalogue.apps(visit.here.id) if each.number is not None
    ]
    context = {
        "companies": rows(found, begun),
        "query": query,
        "partners": partners if visit.may("apps:read") else [],
    }
    return Shown("pages/companies.html", context)


def ask_company(visit: Visit) -> Shown:
    """The form of a new company."""
    return _asking(visit, {"number": "", "name": ""}, {})


def make_company(visit: Visit) -> Shown | Goto:
    """Makes a company."""
    typed = {"number": visit.form["number"], "name": visit.form["name"]}
    problems = Problems("number", "name")
    with problems.collecting():
        made = create_company(
            visit.installation,
            visit.here,
            _number(typed["number"]),
            typed["name"],
            actor=visit.actor,
        )
        return Goto(visit.url("companies"), f"{made.name} was made.")
    return _asking(visit, typed, problems.errors)


def one_company(visit: Visit) -> Shown:
    """A company, to be renamed."""
    found = company(visit.installation, visit.here, visit.number("company"))
    return _editing(visit, found, found.name, {})


def rename(visit: Visit) -> Shown | Goto:
    """Gives a company another name, unless somebody else was faster."""
    found = company(visit.installation, visit.here, visit.number("company"))
    typed, problems = visit.form["name"], Problems("name")
    try:
        with problems.collecting():
            change_company(
                visit.installation,
                found,
                name=typed,
                expected=visit.version,
                actor=visit.actor,
            )
            return Goto(visit.url("companies"), f"The company is called {typed} now.")
    except StaleVersion:
        current = company(visit.installation, visit.here, found.id)
        return _editing(visit, current, typed, {}, is_stale=True)
    return _editing(visit, found, typed, problems.errors)


def _number(text: str) -> int:
    # What is no number is out of bounds, and told as such.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


def _asking(visit: Visit, typed: dict[str, str], errors: Errors) -> Shown:
    context = {"typed": typed, "errors": errors}
    return Shown("pages/companynew.html", context, 422 if errors else 200)


def _editing(
    visit: Visit, found: Company, typed: str, errors: Errors, *, is_stale: bool = False
) -> Shown:
    context: dict[str, Any] = {
        "company": found,
        "typed": typed,
        "errors": errors,
        "meanwhile": meanwhile(visit, [("Name", typed, found.name)]) if is_stale else None,
    }
    return Shown("pages/company.html", context, 412 if is_stale else 422 if errors else 200)


_PATH: Final = "/console/workspaces/{workspace}/companies"
PAGES: Final = (
    Page(
        method="GET",
        path=_PATH,
        name="companies",
        handler=all_companies,
        permission="users:read",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/new",
        name="company-new",
        handler=ask_company,
        permission="users:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/new",
        name="company-new",
        handler=make_company,
        permission="users:write",
        operation="create_company",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/{{company}}",
        name="company",
        handler=one_company,
        permission="users:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/{{company}}",
        name="company",
        handler=rename,
        permission="users:write",
        versioned=True,
        operation="change_company",
    ),
)
