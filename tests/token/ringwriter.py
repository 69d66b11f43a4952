"""A process that changes a key ring: ``python -m tests.token.ringwriter FILE COMMAND [ARGUMENTS]``.

``start`` loads the ring, or creates it, and prints its id; ``grow N`` adds N MAC keys, one write each;
``die STEP before|after`` adds one and is killed at a step of the write.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from remint.clock import system_entropy
from remint.token.ringfile import KeyRingFile
from remint.token.rootkey import RootKey
from remint.token.rotation import Changes
from remint.token.schedule import Schedule
from tests.token.faults import Steps

ROOT_KEY = bytes(range(32))


def main(path: str, command: str, *arguments: str) -> None:
    """Does what the command says."""
    file = KeyRingFile(Path(path), RootKey(ROOT_KEY), system_entropy)
    if command == "start":
        print(file.load_or_create(0).installation_id.hex())
        return
    times = int(arguments[0]) if command == "grow" else 1
    if command == "die":
        steps = Steps(int(arguments[0]), die, after=arguments[1] == "after")
        steps.install()
    for _ in range(times):
        file.rotate(0, Schedule(), Changes(mac=True))


def die() -> None:
    """As the plug is pulled: nothing is flushed, closed or tidied."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
