"""Ends a worker whose parent is gone: it would hold the port, and nobody would stop it."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

_LOOK_SECONDS: Final = 0.2


def tie_to(parent: int) -> None:
    """From now on this process gets SIGTERM when it is no longer a child of process ``parent``."""
    threading.Thread(target=_watch, args=(parent,), name="remint-lifeline", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
