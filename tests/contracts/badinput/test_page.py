"""docs/bad-input.md is what the tables say."""

from __future__ import annotations

from tests.contracts.badinput.page import PAGE, page


def test_the_page_is_up_to_date():
    """Made anew by ``python -m tests.contracts.badinput.page``, the page would be the same."""
    assert PAGE.read_text() == page()
