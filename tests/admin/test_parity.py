"""What can be done in one way can be done in the others: operations, commands and pages are held together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from remint.cli import app
from remint.cli.commands import COMMANDS
from remint.issuer.admin import OPERATIONS
from remint.issuer.admin.problem import TITLES
from remint.issuer.console.pages import PAGES
from remint.issuer.people.access import PERMISSIONS, ROLES
from tests.docs.page import Page

ADMINISTRATION = Page("docs/administration.md")
BY_NAME = {each.name: each for each in OPERATIONS}
_NONE = "no: "
_COLUMNS = ("viewer", "developer", "owner")


def commands() -> Iterator[str]:
    """Every command of the issuer, without ``remint``."""
    whole: Any = typer.main.get_command(app)
    context = typer.Context(whole)
    for name, place in COMMANDS.items():
        if place.panel == "The keeper: tokens that work":
            continue
        command = whole.get_command(context, name)
        below = getattr(command, "commands", None)
        yield from [name] if below is None else [f"{name} {each}" for each in below]


def test_every_operation_names_a_command_that_is_there():
    """The command that does the same exists, or there is a reason why there is none."""
    there = set(commands())
    for each in OPERATIONS:
        assert each.command in there or len(each.command.removeprefix(_NONE)) > 10, each.name


def test_every_operation_names_a_page_that_is_there():
    """The page that does the same exists, or there is a reason why there is none."""
    there = {page.name for page in PAGES}
    missing = {
        each.name: each.page
        for each in OPERATIONS
        if each.page not in there and not each.page.startswith(_NONE)
    }
    assert missing == {}


def test_every_command_has_an_operation_or_a_reason():
    """A command that no operation names stands in the table of the page, with its reason."""
    alone = {
        name.removeprefix("remint ")
        for names in ADMINISTRATION.cells("Only by command", 0)
        for name in names
    }
    named = {each.command for each in OPERATIONS}
    assert alone == set(commands()) - named


def test_every_change_of_a_page_has_an_operation_or_a_reason():
    """What a page changes, an operation changes with the same permission; else the page says why not."""
    for page in PAGES:
        if page.method != "POST":
            continue
        if not page.operation:
            assert page.alone, page.name
            continue
        assert page.operation in BY_NAME, page.name
        assert page.permission == BY_NAME[page.operation].permission, page.name


def test_every_change_of_an_operation_has_a_page():
    """What an operation changes, a page changes, or the operation says why none does."""
    changed = {page.operation for page in PAGES if page.operation}
    for each in OPERATIONS:
        if each.method != "GET" and not each.page.startswith(_NONE):
            assert each.name in changed, each.name


def test_every_change_of_something_versioned_asks_for_the_version():
    """A page whose operation requires a version carries one, too."""
    for page in PAGES:
        if page.operation and BY_NAME[page.operation].versioned == "required":
            assert page.versioned, page.name


def test_the_table_of_permissions_is_the_roles():
    """The page has every permission, and says yes exactly where a role has it."""
    told = {}
    for line in ADMINISTRATION.section("Permissions").splitlines():
        if line.startswith("| `"):
            name, _, *cells = (cell.strip(" `") for cell in line.strip("|").split("|"))
            told[name] = {role for role, cell in zip(_COLUMNS, cells, strict=True) if cell == "yes"}
    assert list(told) == list(PERMISSIONS)
    for permission, roles in told.items():
        assert roles == {role for role, held in ROLES.items() if permission in held}, permission


def test_the_table_of_problems_is_the_codes():
    """The page has every problem, with its status."""
    told = dict(re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", ADMINISTRATION.text, re.MULTILINE))
    assert told == {code: str(status) for code, (status, _) in TITLES.items()}
