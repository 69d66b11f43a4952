"""A person's browser: the system's Chromium, led by Playwright, each visit in a profile of its own.

Nothing leaves this machine: a page that asks another origin for anything gets no answer, and is reported.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    sync_playwright,
)

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    # Chromium itself asks nobody for anything, and finds nobody but this machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    # A container's /dev/shm is small.
    "--disable-dev-shm-usage",
    # The same picture on every machine.
    "--lang=en-GB",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
# What a page that was refused says by itself: the test knows.
_EXPECTED: Final = "Failed to load resource"
#: Width and height of the window, in CSS pixels.
WIDE: Final = (1280, 900)
NARROW: Final = (360, 740)


def chromium() -> str | None:
    """The path of the system's Chromium, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextlib.contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """A running Chromium. In its thread no event loop of asyncio can run until the end of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Profile:
    """What happened in one profile that should not have."""

    context: BrowserContext
    base_url: str
    strangers: list[str] = field(default_factory=list)  #: addresses of other origins
    faults: list[str] = field(
        default_factory=list
    )  #: of scripts, and of the content security policy

    def page(self) -> Page:
        """A new tab."""
        return self.context.new_page()

    def problems(self) -> list[str]:
        """A line for each."""
        return [f"asked another origin: {each}" for each in self.strangers] + self.faults


@contextlib.contextmanager
def profile(
    browser: Browser, base_url: str, *, size: tuple[int, int] = WIDE, **options: Any
) -> Iterator[Profile]:
    """A profile without cookies, that takes paths for addresses below ``base_url``.

    ``options`` are those of Playwright's ``new_context``: ``color_scheme``, ``locale``, ``timezone_id``, ….
    Scripts of the page may use the clipboard, as they may on a page of https that a person clicks on.
    """
    width, height = size
    options = {"locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": height},
        service_workers="block",
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
        **options,
    )
    opened = Profile(context, base_url)
    _watch(opened)
    try:
        yield opened
    finally:
        context.close()


def _watch(watched: Profile) -> None:
    origin = _origin(watched.base_url)

    def asked(request: Request) -> None:
        if _origin(request.url) not in (origin, None):
            watched.strangers.append(request.url)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            watched.faults.append(f"said on its console: {message.text}")

    def failed(error: WebError) -> None:
        watched.faults.append(f"a script failed: {error.error}")

    watched.context.on("request", asked)
    watched.context.on("console", said)
    watched.context.on("weberror", failed)


def _origin(address: str) -> str | None:
    """Scheme, host and port; nothing for what is loaded from nowhere (``data:``, ``blob:``)."""
    split = urlsplit(address)
    return f"{split.scheme}://{split.netloc}" if split.netloc else None
