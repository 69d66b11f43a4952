"""A PostgreSQL cluster of our own for the length of a measurement, durable as it comes."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path


def programs() -> Path | None:
    """The folder of the newest PostgreSQL on this machine, or None."""
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).parent
    # Debian keeps the server's programs off the path, a folder for each version.
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((each.parent for each in found), key=_version, default=None)


def _version(folder: Path) -> int:
    return int(folder.parent.name)


@contextlib.contextmanager
def cluster(folder: Path, *more: str) -> Iterator[str]:
    """Makes and runs a cluster in `folder`, with `more` settings; yields the folder of its Unix socket.

    Raises `RuntimeError` if it does not come up.
    """
    binaries = programs()
    assert binaries is not None
    data, log = folder / "postgres", folder / "postgres.log"
    data.mkdir(mode=0o700)
    identity = _identity(folder, data)
    subprocess.run(
        [*identity, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "bench"],
        check=True,
        capture_output=True,
    )
    options = [f"unix_socket_directories={data}", "listen_addresses=", "max_connections=200"]
    options += ["shared_buffers=256MB", "fsync=on", "synchronous_commit=on", *more]
    command = [*identity, str(binaries / "postgres"), "-D", str(data)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *(part for option in options for part in ("-c", option))],
            stdout=out,
            stderr=out,
            cwd="/",
        )
    try:
        _await_socket(process, data, log)
        yield str(data)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _identity(folder: Path, data: Path) -> list[str]:
    """PostgreSQL refuses to run as root; whoever has the least rights will do."""
    if os.geteuid():
        return []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            folder.chmod(0o755)
            os.chown(data, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            return ["setpriv", *ids, "--clear-groups"]
    raise RuntimeError("no user to run PostgreSQL as")


def _await_socket(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if "ready to accept connections" in log.read_text(errors="replace"):
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not come up:\n{log.read_text(errors='replace')[-2000:]}")
