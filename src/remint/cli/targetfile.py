"""A file that a command writes: there whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from remint.errors import ConfigurationError
from remint.token.durable import PRIVATE_MODE, sync_directory

_STANDARD_OUTPUT: Final = "-"


class Target:
    """Where it goes: a new file of mode 0600 that is there whole or not at all, or standard output.

    Raises ``ConfigurationError`` where there is a file already, or none can be made.
    """

    def __init__(self, to: str) -> None:
        self._path = None if to == _STANDARD_OUTPUT else Path(to)
        self.file: IO[bytes] = sys.stdout.buffer

    def __enter__(self) -> Self:
        if self._path is not None:
            self._new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            if self._path.exists():
                raise ConfigurationError("there is a file here already", file=self._path)
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                self.file = os.fdopen(os.open(self._new, flags, PRIVATE_MODE), "wb")
            except OSError as error:
                raise self._unwritten(error) from None
        return self

    def keep(self) -> None:
        """Brings what was written to the disk, under its name."""
        try:
            self.file.flush()
            if self._path is not None:
                os.fsync(self.file.fileno())
                os.link(self._new, self._path)
                sync_directory(self._path.parent)
        except OSError as error:
            raise self._unwritten(error) from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                self.file.close()
            self._new.unlink(missing_ok=True)

    def _unwritten(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"cannot be written: {error.strerror}", file=self._path or "standard output"
        )
