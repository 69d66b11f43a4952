"""A text as one part of a page's path, whatever is in it.

Quoting alone will not do: servers and proxies decode ``%2F`` before anybody looks for the parts of a path,
browsers take ``..`` for the way up, and a client id may be the very name of a page.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from urllib.parse import quote

_MARK: Final = "~"
_PLACE: Final = re.compile(r"\{(\w+)\}")
_TROUBLE: Final = re.compile(r"[~/\\]")
_ESCAPE: Final = re.compile(r"~([0-9A-F]{2})")
#: Fixed parts of paths that stand where another path has a place, and ways up.
TAKEN: Final = frozenset({"new", ".", ".."})


@cache
def parts_of(path: str) -> tuple[str, ...]:
    """A page's path, cut up: every other part is the name of a place."""
    return tuple(_PLACE.split(path))


def segment(text: str) -> str:
    """``text`` for a path: ``a/b`` is ``a~2Fb``. ``text_of`` gives it back."""
    escaped = _TROUBLE.sub(_escaped, text)
    if escaped in TAKEN:
        escaped = _MARK + f"{ord(escaped[0]):02X}" + escaped[1:]
    return quote(escaped, safe=_MARK)


def text_of(part: str) -> str:
    """What a part of a path stands for, which was decoded."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), part)


def _escaped(found: re.Match[str]) -> str:
    return f"{_MARK}{ord(found[0]):02X}"
