"""Where an import has got to: a small file beside the data, from which one that was stopped goes on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from remint.errors import ConfigurationError
from remint.token.durable import replace_file

_HEAD_BYTES: Final = 65_536
_TAIL_BYTES: Final = 4_096


class Tally(msgspec.Struct):
    """What became of the lines. ``reasons`` counts the refused ones by what was wrong."""

    lines: int = 0
    imported: int = 0
    present: int = 0
    expired: int = 0
    refused: int = 0
    reasons: dict[str, int] = {}


class Place(msgspec.Struct):
    """Everything before byte ``offset`` is done; the next line is ``line``.

    ``seen`` is a hash of what was read, by which an edited file is told from the same one. ``refused_bytes``
    is how much of the file of refused lines counts.
    """

    path: str
    offset: int = 0
    line: int = 1
    seen: str = ""
    refused_bytes: int = 0
    tally: Tally = msgspec.field(default_factory=Tally)


class PlaceFile:
    """The state of the import of one file."""

    def __init__(self, directory: Path, imported: Path) -> None:
        self._imported = str(imported.resolve())
        name = hashlib.sha256(self._imported.encode()).hexdigest()[:16]
        self._path = directory / f"import-{name}.json"

    def load(self, file: BinaryIO) -> Place:
        """Where the import of ``file`` goes on: at its beginning, unless it was stopped and not edited."""
        try:
            place = msgspec.json.decode(self._path.read_bytes(), type=Place)
        except (OSError, msgspec.DecodeError):
            return Place(self._imported)
        if place.seen != _seen(file, place.offset):
            return Place(self._imported)
        return place

    def save(self, place: Place, file: BinaryIO) -> None:
        """Notes that everything before ``place`` is in the database. Raises ``ConfigurationError``."""
        place.seen = _seen(file, place.offset)
        try:
            replace_file(self._path, msgspec.json.encode(place))
        except OSError as error:
            raise ConfigurationError(
                f"cannot be written: {error.strerror}", file=self._path
            ) from None

    def clear(self) -> None:
        """The import is done."""
        self._path.unlink(missing_ok=True)


def _seen(file: BinaryIO, offset: int) -> str:
    """A hash of the beginning and of the end of the first ``offset`` bytes. Leaves ``file`` where it was."""
    back_to = file.tell()
    digest = hashlib.sha256(str(offset).encode())
    for start, end in ((0, min(offset, _HEAD_BYTES)), (max(0, offset - _TAIL_BYTES), offset)):
        file.seek(start)
        digest.update(file.read(end - start))
    file.seek(back_to)
    return digest.hexdigest()
