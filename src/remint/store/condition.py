"""What can be told of a database without changing anything in it."""

from __future__ import annotations

from typing import Any

import msgspec


class Condition(msgspec.Struct):
    """Facts by name, in the order to tell them, and in ``advice`` what would be better."""

    facts: dict[str, Any] = {}
    advice: list[str] = []
