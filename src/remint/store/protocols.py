"""What storage must be able to do, in as few calls as will do.

The hot path is one call, ``exchange``: it makes one batch of decided changes durable and reads the rows of
the next. Everything else (apps, users, lists) is cold and lives in ``catalogue`` and ``ledger``.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from remint.errors import StoreUnavailable
from remint.grant import Grant, Terms
from remint.store.steadiness import Steadiness


class AuditEvent(msgspec.Struct, frozen=True):
    """Something worth telling later: what, to which grant, by whom, from where.

    ``workspace_id`` is whose trail it belongs to, ``origin`` the address that ``actor`` came from, where one
    is known. ``detail`` never holds a secret.
    """

    at_ms: int
    event: str
    app_id: int | None = None
    grant_id: bytes | None = None
    actor: str = ""
    detail: dict[str, Any] = {}
    workspace_id: int | None = None
    origin: str = ""


class Held(msgspec.Struct, frozen=True, gc=False):
    """A grant as read, and its terms."""

    grant: Grant
    terms: Terms


class Change(msgspec.Struct, frozen=True, gc=False):
    """A row as it was read and as it shall be. It is written only if nobody changed it in between."""

    before: Grant
    after: Grant


class Exchange(msgspec.Struct):
    """What one ``exchange`` came to.

    ``conflict`` says that another process changed a row of the batch first: nothing of the batch was
    written, and all of it is to be read and judged anew. A backend that can write the others all the same
    names in ``lost`` the grants whose rows it did not write, nor the events about them: only those are to be
    judged anew. The two errors are independent.
    """

    now_ms: int
    serving_since_ms: int
    held: dict[bytes, Held] = {}
    conflict: bool = False
    lost: frozenset[bytes] = frozenset()
    write_error: StoreUnavailable | None = None
    read_error: StoreUnavailable | None = None


class GrantBackend(Protocol):
    """The hot half of a store. Synchronous, and called from one thread only, but for ``steadiness``."""

    steadiness: Steadiness

    def exchange(
        self, changes: list[Change], events: list[AuditEvent], wanted: list[bytes]
    ) -> Exchange:
        """Commits ``changes`` and ``events`` in one transaction, then reads ``wanted``.

        It does not raise: what goes wrong is in the answer. When it returns without ``write_error`` and
        ``conflict``, the changes are durable, but for those of ``lost``.
        """

    def close(self) -> None:
        """Gives back what the backend holds. The data stays."""
