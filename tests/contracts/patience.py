"""Waits for what another process is to notice."""

from __future__ import annotations

import time
from collections.abc import Callable


def soon(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Returns once ``holds`` does; fails if that takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.05)
