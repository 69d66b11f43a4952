"""What the statements need that change a connection, sealed for the row as it was read."""

from __future__ import annotations

from typing import Any

from remint.keeper.connection import Answer, Renewed, Setback, presented
from remint.keeper.store.postgres.rows import bytes_of
from remint.keeper.store.rows import Row
from remint.keeper.store.sealing import seal_payload, seal_trouble, unseal_payload
from remint.keeper.store.vault import Vault


def swapping(vault: Vault, row: Row, answer: Answer, renewed: Renewed) -> dict[str, Any]:
    """New tokens, in the place of those of ``row``."""
    setup = unseal_payload(vault, row.id, row.name, row.version, row.payload).setup
    tokens, version = renewed.tokens, row.version + 1
    return {
        **_of(row),
        "fence": answer.fence,
        "renewed_at_ms": renewed.at_ms,
        "renew_at_ms": renewed.renew_at_ms,
        "new_mark": vault.mark(row.id, presented(setup, tokens)),
        "key_id": vault.active,
        "payload": seal_payload(vault, row.id, row.name, version, setup, tokens),
    }


def settling(
    vault: Vault, row: Row, sent_mark: bytes, setback: Setback, fence: int
) -> dict[str, Any]:
    """A failure, for the token that goes by ``sent_mark``."""
    return {
        **_of(row),
        "sent_mark": sent_mark,
        "fence": fence,
        "state": setback.state,
        "trouble": seal_trouble(vault, row.id, row.name, row.version, setback.trouble),
        "failures": setback.failures,
        "not_before_ms": setback.not_before_ms,
        "renew_at_ms": setback.renew_at_ms,
        "keeps_intent": setback.keeps_intent,
    }


def _of(row: Row) -> dict[str, Any]:
    return {
        "name": bytes_of(row.name),
        "id": row.id,
        "version": row.version,
        "sent_mark": row.sent_mark,
    }
