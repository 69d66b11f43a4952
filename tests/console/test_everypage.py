"""What holds for every page of the console. A new page is looked at without being named here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.console.browser import NARROW, WIDE, Profile, profile
from tests.console.login import log_in
from tests.console.tour import names, stop

_LARGEST_LOAD_BYTES = 60_000


class Tab:
    """A tab that keeps no cache, and weighs what it is sent."""

    def __init__(self, watched: Profile) -> None:
        self.watched = watched
        self.page: Page = watched.page()
        self.bytes = 0
        network = watched.context.new_cdp_session(self.page)
        network.on("Network.loadingFinished", self._weigh)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _weigh(self, event) -> None:
        self.bytes += int(event["encodedDataLength"])

    def resize(self, size: tuple[int, int]) -> None:
        """Gives its window another size."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})


@pytest.fixture(scope="module")
def tabs(browser, server, workshop) -> Iterator[dict[bool, Tab]]:
    """Two people's tabs: of somebody who is not logged in (``True``: public pages), and of the owner."""
    with profile(browser, server.base_url) as guest, profile(browser, server.base_url) as owner:
        both = {True: Tab(guest), False: Tab(owner)}
        log_in(both[False].page, workshop.owner)
        yield both


@pytest.mark.parametrize("name", names())
def test_a_page(tabs, server, workshop, axe, name):
    """axe-core finds nothing, light, dark and narrow; a first load is small, and asks nobody else.

    On a narrow screen nothing makes the page scroll sideways.
    """
    where = stop(name, workshop.places_of(name))
    tab = tabs[where.public]
    tab.watched.strangers.clear()
    tab.watched.faults.clear()
    tab.resize(WIDE)
    tab.bytes = 0
    answer = tab.page.goto(where.path)
    assert answer is not None
    assert answer.status == 200, server.stderr.read_text()[-2000:]
    assert 0 < tab.bytes < _LARGEST_LOAD_BYTES
    axe(tab.page)
    tab.resize(NARROW)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    axe(tab.page, dark=False)
    assert tab.watched.problems() == []
