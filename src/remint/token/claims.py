"""Claims sets as JSON (RFC 7519 §4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode


def encode_with_extras(claims: msgspec.Struct, extras: Mapping[str, Any]) -> bytes:
    """``claims`` and, after them in rank, ``extras``: none takes the name of one of the protocol's claims.

    Nor of one that is left out, as an empty scope is: an extra must not say what was not granted.
    """
    own = msgspec.structs.asdict(claims)
    named = {**extras, **own}
    return encode({name: value for name, value in named.items() if value != "" or name not in own})
