"""Renewals on a file system that fills up at one step, in a mount namespace of its own.

Takes a folder to mount it on, the provider's address, and the step. Prints, in JSON, what the caller got,
what another keeper gets while the disk is full and what a new process gets when there is room again.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from remint.keeper.keeper import Keeper
from tests.keeper.promises import jobs
from tests.keeper.provider import refresh_token
from tests.keeper.store.crowded import Disk

_TIMING = {"first_pause_seconds": 0.02, "longest_pause_seconds": 0.05}


def main(disk: Disk, address: str, moment: str) -> None:
    """One step."""
    store, name = disk.folder / "store", f"jane-{moment.replace(' ', '-')}"
    given = {"store": store, "timing": _TIMING}
    with jobs.opened(Keeper, dict(given)) as keeper:
        keeper.connect(
            name,
            "oauth2",
            base_url=address,
            client_id="app",
            refresh_token=refresh_token(name),
            access_token="old",
            expires_at_ms=1,
        )
    found = [jobs.renewed(name, moment, disk.fill, dict(given))]
    with jobs.opened(Keeper, dict(given)) as keeper:
        found.append(jobs.told(lambda: keeper.token(name)))
    disk.empty()
    reader, writer = os.pipe()
    if not os.fork():
        with jobs.opened(Keeper, dict(given)) as keeper:
            os.write(writer, jobs.told(lambda: keeper.token(name)).encode())
        os._exit(0)
    os.wait()
    found.append(os.read(reader, 1000).decode())
    print(json.dumps(found))


if __name__ == "__main__":
    main(Disk(Path(sys.argv[1])), sys.argv[2], sys.argv[3])
