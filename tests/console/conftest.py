"""A browser, a workshop and a server for each module. Its tests are plain functions: see ``browser``."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from remint.issuer.settings import Settings
from tests.conftest import lacking
from tests.console.accessibility import AXE, violations
from tests.console.browser import Profile, browsing, chromium, profile
from tests.console.login import log_in
from tests.console.workshop import Workshop, furnish
from tests.servers import RunningServer, serving

Profiles = Callable[..., Profile]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. A module has its own, since no event loop of asyncio can run beside Playwright's."""
    program = chromium()
    if program is None:
        lacking("Chromium (scripts/setup browser)")
    with browsing(program) as running:
        yield running


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The workshop that every module gets a copy of. Nobody works in this one."""
    place = tmp_path_factory.mktemp("furnished") / "data"
    return furnish(Settings(data_dir=place, access_log="off"))


@pytest.fixture(scope="module")
def workshop(furnished: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """People, apps, grants and a month behind them; ``server`` serves it."""
    place = tmp_path_factory.mktemp("workshop") / "data"
    shutil.copytree(furnished.settings.data_dir, place)
    settings = msgspec.structs.replace(furnished.settings, data_dir=place)
    return msgspec.structs.replace(furnished, settings=settings)


@pytest.fixture(scope="module")
def server(workshop: Workshop) -> Iterator[RunningServer]:
    """A server, in the workshop. A test that wants an empty one starts its own: ``tests.servers``."""
    with serving(workshop.settings) as running:
        yield running


@pytest.fixture
def profiles(browser: Browser, server: RunningServer) -> Iterator[Profiles]:
    """Opens a profile without cookies: ``profiles(size=NARROW, color_scheme="dark").page()``.

    At the end the test fails if a page of one of them asked another origin for anything, if the content
    security policy had to stop something, or if a script failed.
    """
    opened: list[Profile] = []
    with contextlib.ExitStack() as stack:

        def open_one(base_url: str = server.base_url, **options: Any) -> Profile:
            opened.append(stack.enter_context(profile(browser, base_url, **options)))
            return opened[-1]

        yield open_one
    problems = [problem for each in opened for problem in each.problems()]
    assert not problems, "\n" + "\n".join(problems)


@pytest.fixture
def page(profiles: Profiles) -> Page:
    """A tab of a profile of its own."""
    return profiles().page()


@pytest.fixture
def as_owner(page: Page, workshop: Workshop) -> Page:
    """The same tab, once the owner has logged in."""
    log_in(page, workshop.owner)
    return page


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """Fails, and says why, if axe-core finds a violation on the page as it stands: ``axe(page)``.

    With ``dark=False`` it looks in light only.
    """
    if not AXE.exists():
        lacking("axe-core (scripts/setup browser)")

    def check(page: Page, *, dark: bool = True) -> None:
        found = violations(page, dark=dark)
        assert not found, f"{page.url}:\n" + "\n".join(found)

    return check
