"""Connections by the hundred thousand, written with the store's own codec."""

import hashlib
import time

from remint.keeper.connection import Held, Setup, Tokens
from remint.keeper.store.sqlite import SQLiteStore, rows

_BATCH = 20_000
_LIFETIME_MS = 3_600_000


def fill(
    store: SQLiteStore, count: int, *, due: int = 0, base_url: str = "https://id.example.com"
) -> None:
    """Writes connections `0` to `count`. The first `due` of them are due at once, the rest in days."""
    for start in range(0, count, _BATCH):
        with store._database.writing(durable=False) as connection:
            vault = store._keys.for_writing(connection)
            for number in range(start, min(start + _BATCH, count)):
                held = held_of(number, is_due=number < due, base_url=base_url)
                rows.insert(connection, held, vault, 0)


def name_of(number: int) -> str:
    """The name of a connection. In no order, as names are."""
    return f"customer-{number * 7919 % 1_000_003:07}"


def held_of(
    number: int,
    *,
    generation: int = 0,
    is_due: bool = False,
    base_url: str = "https://id.example.com",
) -> Held:
    """A connection as a first grant leaves it, with a JWT of 700 letters."""
    now_ms = int(time.time() * 1000)
    mark = hashlib.sha256(b"%d %d" % (number, generation)).hexdigest()
    ends_ms = now_ms + (1000 if is_due else 240 * _LIFETIME_MS)
    setup = Setup(
        "oauth2",
        base_url=base_url,
        credentials={"client_id": "app-4711", "client_secret": "cs-" + "k" * 40},
    )
    return Held(
        id=hashlib.sha256(b"%d" % number).hexdigest()[:32],
        name=name_of(number),
        setup=setup,
        tokens=Tokens(
            access_token=(mark * 11)[:700],
            issued_at_ms=now_ms - _LIFETIME_MS if is_due else now_ms,
            expires_at_ms=ends_ms,
            refresh_token=f"rt-{mark}",
            refresh_first_at_ms=now_ms,
        ),
        created_at_ms=now_ms,
        renew_at_ms=now_ms - 1000 + number % 1000 if is_due else ends_ms - _LIFETIME_MS,
    )
