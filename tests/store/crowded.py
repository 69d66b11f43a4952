"""A process whose files may not grow: it renews until the system says no, and once more with room.

Prints how many renewals of every grant were answered with success.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

from remint.store.files import StoreFiles
from remint.store.sqlite.backend import SQLiteBackend
from tests.store.stores import SetClock, advanced, done, event, grant_id


def main(directory: Path) -> int:
    """The number of rounds that were answered."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    files = StoreFiles(directory)
    backend = SQLiteBackend(files, SetClock())
    ids = [grant_id(number) for number in range(1, 65)]
    answered, soft = 0, files.database.stat().st_size + 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
    for _ in range(1_000):
        held = backend.exchange([], [], ids).held
        told = [event("x" * 200, each.grant) for each in held.values()]
        if not done(backend.exchange([advanced(each.grant) for each in held.values()], told, [])):
            break
        answered += 1
    else:
        raise SystemExit("the limit was never met")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    held = backend.exchange([], [], ids).held
    assert done(backend.exchange([advanced(each.grant) for each in held.values()], [], []))
    backend.close()
    return answered + 1


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
