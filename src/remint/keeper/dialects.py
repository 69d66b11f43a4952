"""The dialects that a keeper speaks: those that come along, and those of folders."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from remint.dialect import Dialect, builtin, load
from remint.errors import ConfigurationError
from remint.keeper.forking import follow_forks


class Dialects:
    """Finds a dialect by name, and loads it once. A file in a folder wins over one that comes along."""

    def __init__(self, folders: Iterable[Path | str] = ()) -> None:
        self._folders = tuple(Path(folder) for folder in folders)
        self._loaded: dict[str, Dialect] = {}
        self._lock = threading.Lock()
        follow_forks(self)

    def forked(self) -> None:
        """See ``Forkable``. A thread that is not here may have been loading one."""
        self._lock = threading.Lock()

    def __call__(self, name: str) -> Dialect:
        """The dialect ``name``. Raises ``ConfigurationError`` where there is none."""
        found = self._loaded.get(name)
        if found is None:
            with self._lock:
                found = self._loaded[name] = self._load(name)
        return found

    def _load(self, name: str) -> Dialect:
        for folder in self._folders:
            file = folder / f"{name}.toml"
            if "/" not in name and file.is_file():
                return load(file)
        try:
            return builtin(name)
        except ConfigurationError as error:
            folders = ", ".join(map(str, self._folders)) or "none is set"
            raise ConfigurationError(
                error.message,
                key="dialect",
                expected=f"{error.expected}, or a file of a folder ({folders})",
            ) from None
