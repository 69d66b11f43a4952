"""A TOML document that remembers on which line each of its keys stands.

``tomllib`` reads the values; a small scanner reads the same text once more for the positions alone. It runs
only on text that ``tomllib`` has accepted, so it may be lenient.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from remint.errors import DialectError

KeyPath = tuple[str | int, ...]

_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')'''
    r"|(?P<skip>[ \t\r]+|\#[^\n]*)|(?P<newline>\n)|(?P<mark>[\[\]{},=.])|(?P<bare>[^\s\[\]{},=.#\"']+)",
    re.DOTALL,
)
_AT_LINE = re.compile(
    r"^(?P<message>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)$"
)


class Source:
    """The document ``data`` of the file ``file`` and the lines of its keys, counted from 1."""

    def __init__(self, file: Path | str, text: str) -> None:
        self.file = file
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _syntax_error(file, text, error) from None
        self._lines = _Scanner(text).lines

    def line_of(self, path: KeyPath | str) -> int:
        """The line of a key, given as a path or dotted text; of its nearest ancestor if it is not there."""
        keys: KeyPath = tuple(path.split(".")) if isinstance(path, str) else path
        while keys:
            if keys in self._lines:
                return self._lines[keys]
            keys = keys[:-1]
        return 1

    def error(self, path: KeyPath, message: str, *, expected: str | None = None) -> DialectError:
        """A ``DialectError`` that names this file, the line of ``path`` and ``path`` itself."""
        return DialectError(
            message,
            file=self.file,
            line=self.line_of(path),
            key=dotted(path) or None,
            expected=expected,
        )


def read_source(file: Path) -> Source:
    """Reads a file. Raises ``DialectError`` where it cannot be read, is not UTF-8 or is not TOML."""
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise DialectError(
            f"cannot be read: {error.strerror}", file=file, expected="a readable file"
        ) from None
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        raise DialectError("is not UTF-8", file=file, line=line, expected="UTF-8 text") from None
    return Source(file, text)


def dotted(path: KeyPath) -> str:
    """``("match", 0, "code")`` as ``match[0].code``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _syntax_error(file: Path | str, text: str, error: tomllib.TOMLDecodeError) -> DialectError:
    found = _AT_LINE.match(str(error))
    message = found["message"] if found else str(error)
    line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
    return DialectError(f"is not TOML: {message}", file=file, line=line, expected="TOML 1.0")


class _Scanner:
    """Walks the tokens of a TOML text and notes the line on which each key path begins."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._tokens: list[tuple[str, str, int]] = []
        self._at = 0
        line = 1
        for token in _TOKEN.finditer(text.replace("\r\n", "\n")):
            kind = token.lastgroup or ""
            if kind != "skip":
                self._tokens.append((kind, token.group(), line))
            line += token.group().count("\n")
        self._tokens.append(("end", "", line))
        self._scan()

    def _peek(self) -> str:
        return self._tokens[self._at][1]

    def _take(self) -> tuple[str, str, int]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _scan(self) -> None:
        table: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        while self._tokens[self._at][0] != "end":
            if self._peek() == "\n":
                self._at += 1
            elif self._peek() == "[":
                table = self._header(counts)
            else:
                self._pair(table)

    def _header(self, counts: dict[KeyPath, int]) -> KeyPath:
        line = self._take()[2]
        repeated = self._peek() == "["
        if repeated:
            self._at += 1
        path = _resolve(self._key(), counts, whole=not repeated)
        if repeated:
            self._at += 1
            index = counts.get(path, -1) + 1
            counts[path] = index
            self.lines.setdefault(path, line)
            path = (*path, index)
        self._at += 1
        self._note(path, line)
        return path

    def _note(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _key(self) -> KeyPath:
        parts: list[str | int] = []
        while True:
            kind, text, _ = self._take()
            parts.append(_unquoted(text) if kind == "text" else text)
            if self._peek() != ".":
                return tuple(parts)
            self._at += 1

    def _pair(self, table: KeyPath) -> None:
        line = self._tokens[self._at][2]
        path = table + self._key()
        self._note(path, line)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        opening = self._peek()
        if opening == "{":
            self._inside("}", lambda index: self._pair(path))
        elif opening == "[":
            self._inside("]", lambda index: self._element((*path, index)))
        else:
            self._scalar()

    def _inside(self, closing: str, read: Any) -> None:
        self._at += 1
        index = 0
        while self._peek() != closing:
            if self._peek() in (",", "\n"):
                self._at += 1
                continue
            read(index)
            index += 1
        self._at += 1

    def _element(self, path: KeyPath) -> None:
        self._note(path, self._tokens[self._at][2])
        self._value(path)

    def _scalar(self) -> None:
        while self._tokens[self._at][0] != "end" and self._peek() not in (",", "\n", "]", "}"):
            self._at += 1


def _resolve(path: KeyPath, counts: dict[KeyPath, int], *, whole: bool) -> KeyPath:
    """Puts the index of the current element behind each array of tables that a header walks through."""
    resolved: KeyPath = ()
    for position, key in enumerate(path):
        resolved = (*resolved, key)
        last = position == len(path) - 1
        if resolved in counts and (whole or not last):
            resolved = (*resolved, counts[resolved])
    return resolved


def _unquoted(text: str) -> str:
    key = tomllib.loads(f"{text} = 0")
    return next(iter(key))
