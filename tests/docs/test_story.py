"""The README's story of one token: answered, answered again, then a replay."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import lacking

_START_SECONDS = 60


@pytest.fixture
def printed(tmp_path):
    """What ``remint serve --demo`` prints, while it serves."""
    shown = tmp_path / "printed"
    command = [str(Path(sys.executable).with_name("remint")), "serve", "--demo", "--port", "0"]
    with shown.open("wb") as out:
        server = subprocess.Popen(
            [*command, "--data-dir", str(tmp_path / "data")], stdout=out, stderr=subprocess.DEVNULL
        )
    try:
        yield _whole(shown)
    finally:
        server.terminate()
        assert server.wait(60) == 0


def _whole(shown: Path) -> list[str]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        lines = shown.read_text().splitlines()
        # Four renewals and two first grants, each with a line after it.
        if sum(line.startswith("curl ") for line in lines) == 6 and lines[-1] == "":
            return lines
        time.sleep(0.05)
    pytest.fail("the demonstration did not print its lines in time")


def _curl(line: str) -> dict[str, object]:
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=30)
    return json.loads(done.stdout)


def test_the_story_of_the_readme(printed):
    """The printed line works, works again with the same successor, and ends the grant as a replay."""
    if shutil.which("curl") is None:
        lacking("curl")
    line = next(text for text in printed if text.startswith("curl ") and "/oauth/token" in text)
    first = _curl(line)
    assert _curl(line)["refresh_token"] == first["refresh_token"]
    old = line.rpartition("refresh_token=")[2].rstrip("'")
    newer = line.replace(old, str(first["refresh_token"]))
    assert "access_token" in _curl(newer)
    assert _curl(line)["error"] == "invalid_grant"
    assert _curl(newer)["error"] == "invalid_grant"
