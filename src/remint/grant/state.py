"""A grant as its row says, and the terms it was made under."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import msgspec

from remint.grant.policy import Policy

NEVER = 0
"""An expiry of 0 means: it never comes."""


class Revocation(IntEnum):
    """Why a grant was revoked, as the row keeps it. 0: it was not."""

    NONE = 0
    REUSE = 1
    ASKED = 2
    SUPERSEDED = 3


class Grant(msgspec.Struct, frozen=True, gc=False):
    """One row: the authorization of one app by one subject.

    Times ending in ``_at`` are seconds since the epoch, ``_at_ms`` milliseconds. ``retries`` packs two
    facts: how many generations running saw a retry (times two), and whether the present one did (one).
    ``epoch`` is the sum of the app's, subject's and workspace's epochs when the grant was made;
    ``current_epoch`` is the same sum as it was when the row was read. Epochs only grow, so the two are
    equal exactly as long as none of the three was revoked.
    """

    id: bytes
    app_id: int
    subject: str
    terms_id: int
    salt: bytes
    generation: int
    key_id: int
    created_at: int
    expires_at: int
    advanced_at_ms: int
    budget_at_ms: int = 0
    retries: int = 0
    revoked_at: int = 0
    revoked_why: int = 0
    imported: int = 0
    epoch: int = 0
    current_epoch: int = 0

    def __repr__(self) -> str:
        return f"Grant(id={self.id.hex()}, generation={self.generation}, …)"

    @property
    def retry_streak(self) -> int:
        """Generations running, up to the present one, in which a retry was seen."""
        return self.retries >> 1


class Terms(msgspec.Struct, frozen=True):
    """What was agreed when a grant was made. Fixed for its life and shared by all grants made alike."""

    policy: Policy
    scope: str = ""
    claims: dict[str, Any] = {}
