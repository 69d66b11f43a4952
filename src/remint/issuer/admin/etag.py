"""Versions on the wire: ``ETag``, ``If-Match`` and ``If-None-Match`` (RFC 9110 §8.8.3, §13.1)."""

from __future__ import annotations

import re
from typing import Final

from remint.errors import StaleVersion
from remint.issuer.admin.problem import Refused

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
_OURS: Final = re.compile(r"v([0-9]{1,15})")
_ANY: Final = "*"


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"v{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version that ``If-Match`` asks for; ``None`` where it is absent or ``*``.

    Raises ``Refused`` for what is not one entity tag, and ``StaleVersion`` for one that we never made: it
    matches nothing.
    """
    if if_match is None or if_match.strip() == _ANY:
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise Refused(
            "invalid_value",
            "If-Match is not one entity tag",
            field="If-Match",
            expected='the ETag of the answer that you go by, such as "v3"',
        )
    # RFC 9110 §13.1.1: If-Match compares strongly, and a weak tag is equal to nothing.
    ours = _OURS.fullmatch(tag[2])
    if tag[1] or ours is None:
        raise StaleVersion("no version of it has that entity tag: read it again, and decide anew")
    return int(ours[1])


def is_unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether ``If-None-Match`` names the present version (compared weakly, RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == _ANY:
        return True
    return any(f'"{tag[2]}"' == etag(version) for tag in _TAG.finditer(if_none_match))
