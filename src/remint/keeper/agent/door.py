"""The listening socket: on loopback, or a file that only this user can open."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import ipaddress
import os
import re
import socket
import stat
from pathlib import Path
from typing import Final

from remint.errors import ConfigurationError
from remint.keeper.agent.settings import DEFAULT_LISTEN

BACKLOG: Final = 1024
_LISTEN: Final = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:]+)\]|(?P<host>[^:\[\]]+)):(?P<port>\d{1,5})")
_EXPECTED: Final = f"{DEFAULT_LISTEN}, or [::1]:8757, or port 0 for a free one"


class Door:
    """An open listening socket. ``address`` is what callers use; ``close`` leaves nothing behind."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        self.listener = listener
        self.address = address

    def close(self) -> None:
        """Shuts it."""
        self.listener.close()


class FileDoor(Door):
    """A Unix socket. ``lock`` is held for as long as the file is this process's."""

    def __init__(self, listener: socket.socket, path: Path, lock: int) -> None:
        super().__init__(listener, f"unix:{path}")
        self._path = path
        self._lock = lock

    def close(self) -> None:
        """Shuts it, and takes the file away."""
        super().close()
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._lock)


def open_port(listen: str) -> Door:
    """Listens at an address of this machine that only this machine can reach.

    Raises ``ConfigurationError`` where it is another, or taken.
    """
    host, port = _parsed(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # An agent that was just stopped leaves connections in TIME_WAIT, which are no reason to wait.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        is_taken = error.errno == errno.EADDRINUSE
        why = "is in use by another process" if is_taken else f"cannot be opened: {error.strerror}"
        raise ConfigurationError(f"{listen} {why}", key="listen", expected=_EXPECTED) from None
    shown = f"[{host}]" if ":" in host else host
    return Door(listener, f"http://{shown}:{listener.getsockname()[1]}")


def open_file(path: Path) -> Door:
    """Listens at a Unix socket of mode 0600, in a directory of mode 0700.

    A file that a killed agent left is replaced; one where somebody listens is not. Raises
    ``ConfigurationError``.
    """
    path = Path(os.path.abspath(path.expanduser()))
    _prepare(path.parent)
    lock = _locked(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        # The mode that the file is born with; from here on it is too late to be careful.
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        os.close(lock)
        raise _unusable(path, f"cannot be opened: {error.strerror or error}") from None
    except ConfigurationError:
        listener.close()
        os.close(lock)
        raise
    return FileDoor(listener, path, lock)


def _parsed(listen: str) -> tuple[str, int]:
    match = _LISTEN.fullmatch(listen.strip())
    if match is None or int(match["port"]) > 65_535:
        raise ConfigurationError(f"{listen!r} is no address", key="listen", expected=_EXPECTED)
    host = match["six"] or match["host"]
    if host == "localhost":
        host = "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ConfigurationError(
            f"{host!r} is no address", key="listen", expected=_EXPECTED
        ) from None
    if not address.is_loopback:
        raise ConfigurationError(
            f"{host} can be reached from other machines, and plain HTTP would show them every token",
            key="listen",
            expected=_EXPECTED,
        )
    return str(address), int(match["port"])


def _prepare(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError as error:
        raise _unusable(directory, f"cannot be used: {error.strerror}") from None
    if status.st_uid != os.geteuid():
        raise _unusable(directory, f"belongs to another user (uid {status.st_uid})")
    if status.st_mode & 0o077:
        raise ConfigurationError(
            f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            file=directory,
            key="socket",
            expected=f"a directory of mode 0700: chmod 700 {directory}",
        )


def _locked(path: Path) -> int:
    """A descriptor that holds the lock beside the socket: who has it is the one that listens."""
    file = path.with_name(f"{path.name}.lock")
    try:
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unusable(file, f"cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise _taken(path) from None
    return lock


def _clear(path: Path) -> None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise _unusable(path, "is there already, and no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(1)
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            # Busy, or not to be opened: in either case it may be somebody's.
            raise _taken(path) from error
    raise _taken(path)


def _taken(path: Path) -> ConfigurationError:
    return _unusable(path, "is in use: another program listens there")


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        why, file=path, key="socket", expected="a path of your own, such as ~/.remint/agent.sock"
    )
