"""A connection as a row, whichever engine keeps it."""

from __future__ import annotations

from typing import NamedTuple

from remint.keeper.connection import Held, Intent, State, presented
from remint.keeper.store.sealing import seal_payload, seal_trouble, unseal_payload, unseal_trouble
from remint.keeper.store.vault import Vault


class Row(NamedTuple):
    """One row of the table ``connection``."""

    name: str
    id: str
    state: State
    version: int
    created_at_ms: int
    renewed_at_ms: int
    renewals: int
    renew_at_ms: int | None
    not_before_ms: int
    failures: int
    swapped_fence: int
    sent_mark: bytes
    intent_fence: int | None
    intent_at_ms: int
    intent_tries: int
    intent_mark: bytes
    owner: str
    holder: str
    fence: int
    lease_until_ms: int
    lease_ms: int
    key_id: int
    trouble: bytes | None
    payload: bytes

    @property
    def intent(self) -> Intent | None:
        """The renewal that may have been sent."""
        if self.intent_fence is None:
            return None
        is_current = self.intent_mark == self.sent_mark
        return Intent(self.intent_fence, self.intent_at_ms, self.intent_tries, is_current)

    def held(self, vault: Vault, state: State) -> Held:
        """The connection, unsealed. Raises ``VaultError``."""
        payload = unseal_payload(vault, self.id, self.name, self.version, self.payload)
        trouble = None
        if self.trouble is not None:
            trouble = unseal_trouble(vault, self.id, self.name, self.version, self.trouble)
        return Held(
            id=self.id,
            name=self.name,
            setup=payload.setup,
            tokens=payload.tokens,
            state=state,
            version=self.version,
            created_at_ms=self.created_at_ms,
            renewed_at_ms=self.renewed_at_ms,
            renewals=self.renewals,
            renew_at_ms=self.renew_at_ms,
            not_before_ms=self.not_before_ms,
            failures=self.failures,
            trouble=trouble,
            intent=self.intent,
            swapped_fence=self.swapped_fence,
        )


def row_of(held: Held, vault: Vault, fence: int) -> Row:
    """A new row, whose leases begin behind ``fence``."""
    intent, trouble = held.intent, None
    if held.trouble is not None:
        trouble = seal_trouble(vault, held.id, held.name, held.version, held.trouble)
    return Row(
        name=held.name,
        id=held.id,
        state=held.state,
        version=held.version,
        created_at_ms=held.created_at_ms,
        renewed_at_ms=held.renewed_at_ms,
        renewals=held.renewals,
        renew_at_ms=held.renew_at_ms,
        not_before_ms=held.not_before_ms,
        failures=held.failures,
        swapped_fence=held.swapped_fence,
        sent_mark=vault.mark(held.id, held.sent),
        intent_fence=None if intent is None else intent.fence,
        intent_at_ms=0 if intent is None else intent.at_ms,
        intent_tries=0 if intent is None else intent.tries,
        intent_mark=b"",
        owner="",
        holder="",
        fence=fence,
        lease_until_ms=0,
        lease_ms=0,
        key_id=vault.active,
        trouble=trouble,
        payload=seal_payload(vault, held.id, held.name, held.version, held.setup, held.tokens),
    )


def resealed(vault: Vault, row: Row) -> Row:
    """The same row, sealed under the active key."""
    payload = unseal_payload(vault, row.id, row.name, row.version, row.payload)
    trouble = row.trouble
    if trouble is not None:
        words = unseal_trouble(vault, row.id, row.name, row.version, trouble)
        trouble = seal_trouble(vault, row.id, row.name, row.version, words)
    sealed = seal_payload(vault, row.id, row.name, row.version, payload.setup, payload.tokens)
    return row._replace(key_id=vault.active, trouble=trouble, payload=sealed)


def mark_of(vault: Vault, held: Held) -> bytes:
    """The mark of the token that a renewal of ``held`` offers."""
    return vault.mark(held.id, presented(held.setup, held.tokens))
