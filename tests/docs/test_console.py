"""What the page on the console says of roles and times is what the code does."""

from __future__ import annotations

import re

import pytest

from remint.issuer.apps.saleschannels import PRODUCT_IDENTIFIERS
from remint.issuer.console.cookies import SESSION
from remint.issuer.people.access import PERMISSIONS, ROLES
from remint.issuer.people.accounts import SHORTEST_PASSWORD
from remint.issuer.people.invitations import MEMBER_SECONDS, SHORT_SECONDS
from remint.issuer.people.sessions import IDLE_SECONDS, LIFETIME_SECONDS
from remint.store.records import Role
from tests.docs.page import Page

CONSOLE = Page("docs/console.md")
COLUMNS: tuple[Role, ...] = ("viewer", "developer", "owner")


def _may(role: Role, family: str) -> str:
    held = ROLES[role]
    if f"{family}:write" in held:
        return "changes"
    return "sees" if f"{family}:read" in held else ""


def test_what_the_roles_may_do():
    """The table has every family of permissions, with what each role may do there."""
    rows = re.findall(
        r"^\|[^|]*\(`([a-z-]+)`\) \|([^|]*)\|([^|]*)\|([^|]*)\|$", CONSOLE.text, re.MULTILINE
    )
    told = {family: tuple(cell.strip() for cell in cells) for family, *cells in rows}
    families = {each.partition(":")[0] for each in PERMISSIONS}
    assert told == {each: tuple(_may(role, each) for role in COLUMNS) for each in families}


@pytest.mark.parametrize(
    "words",
    [
        f"a password of {SHORTEST_PASSWORD} characters",
        f"ends after {IDLE_SECONDS // 3600} hours without use",
        SESSION,
        *PRODUCT_IDENTIFIERS,
    ],
)
def test_numbers_and_names(words):
    """Numbers and names that stand in prose are those of the code."""
    assert words in CONSOLE.text


def test_how_long_links_and_sessions_last():
    """A link into a workspace and a session last a week, the other links a day."""
    assert MEMBER_SECONDS == LIFETIME_SECONDS == 7 * SHORT_SECONDS == 7 * 86_400
    assert "good once and for seven days" in CONSOLE.text
    assert "after seven days in any case" in CONSOLE.text
    assert "good once and for a day" in CONSOLE.text
