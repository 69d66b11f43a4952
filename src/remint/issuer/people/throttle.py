"""Slows down who guesses passwords: a bounded memory of failed attempts, by user and by address."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import Final

from remint.errors import Refusal
from remint.grant import Budget, charge
from remint.token.credentials import fingerprint

_KEPT: Final = 100_000
_HOUSE_BITS: Final = 64


class Throttle:
    """Failures by key, each key under one budget. Forgets the keys unused for longest when full."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._until_ms: OrderedDict[bytes, int] = OrderedDict()

    def charge(self, key: str, now_ms: int) -> None:
        """Counts an attempt as failed before it is made. Raises ``Refusal`` (``slow_down``) if over it."""
        mark = _mark(key)
        until_ms, wait_ms = charge(self._budget, self._until_ms.get(mark, 0), now_ms)
        if wait_ms:
            raise Refusal(
                "slow_down",
                "Too many failed attempts; try again later.",
                retry_after_seconds=-(-wait_ms // 1000),
                outcome="later",
            )
        self._until_ms[mark] = until_ms
        self._until_ms.move_to_end(mark)
        if len(self._until_ms) > _KEPT:
            self._until_ms.popitem(last=False)

    def refund(self, key: str) -> None:
        """The attempt did not fail after all."""
        period_ms = self._budget.per_seconds * 1000 // self._budget.renewals
        mark = _mark(key)
        if mark in self._until_ms:
            self._until_ms[mark] -= period_ms


def house_of(address: str) -> str:
    """What stands for an address where attempts are counted: of IPv6 the network that one house is given.

    Whoever has one address of a /64 has all of them (RFC 6177 §2).
    """
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, _HOUSE_BITS), strict=False))


def _mark(key: str) -> bytes:
    # Users' names are of any length: what is remembered of each is not.
    return fingerprint(key)[:16]
