"""node-oidc-provider as a process of its own, and the person in front of its login pages."""

from __future__ import annotations

import contextlib
import html
import re
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import httpx2
import msgspec
import pytest

HERE = Path(__file__).parent
#: Where `scripts/setup node` puts the packages that the lock beside this file names.
PACKAGES = HERE.parents[2] / ".cache" / "node"
_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_PROMPT = re.compile(r'name="prompt" value="([^"]+)"')


class Peer(NamedTuple):
    """A provider that runs. ``secret`` is that of its client ``confidential``."""

    issuer: str
    secret: str = "a secret: with/odd+letters & 0123456789"

    def state(self) -> Any:
        """What it has done."""
        with urllib.request.urlopen(f"{self.issuer}/_state", timeout=20) as answer:
            return msgspec.json.decode(answer.read())

    def takes(self, access_token: str) -> bool:
        """Whether its API takes this token (OpenID Connect Core §5.3)."""
        request = urllib.request.Request(
            f"{self.issuer}/me", headers={"Authorization": f"Bearer {access_token}"}
        )
        try:
            urllib.request.urlopen(request, timeout=20).close()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 401:
                raise
            return False
        return True


@contextlib.contextmanager
def peer(folder: Path) -> Iterator[Peer]:
    """The provider, until the block's end. The test is skipped where its packages are not installed."""
    if shutil.which("node") is None or not (PACKAGES / "node_modules" / "oidc-provider").exists():
        pytest.skip("needs node, and node-oidc-provider (scripts/setup node)")
    # Node looks for packages in the folders above the file that it runs.
    shutil.copy(HERE / "server.js", folder)
    shutil.copy(HERE / "package.json", folder)
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["node", "server.js"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("http://"):
                    break
            else:
                raise AssertionError((folder / "log").read_text())
            yield Peer(line.strip())
        finally:
            process.kill()
            process.communicate()


def browse(url: str) -> None:
    """A person with a browser of their own: logs in, agrees, and is sent back to the program."""
    threading.Thread(target=_agree, args=(url,)).start()


def _agree(url: str) -> None:
    with httpx2.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(url)
        while form := _FORM.search(page.text):
            prompt = _PROMPT.search(page.text)
            assert prompt is not None
            filled = {"prompt": prompt[1], "login": "ada", "password": "any"}
            page = browser.post(urljoin(str(page.url), html.unescape(form[1])), data=filled)
