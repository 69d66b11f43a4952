"""How many calls a provider is spared: by the limit that its dialect declares, and after it has said stop."""

from __future__ import annotations

from typing import Final

from remint.clock import Clock
from remint.dialect import Renewal
from remint.keeper.connection import Held
from remint.keeper.store.protocols import ConnectionStore

#: One connection's trouble must not stop all others for long.
_LONGEST_PAUSE_MS: Final = 30_000
#: So many calls in a row that nobody answers are no accident.
_MOST_SILENCES: Final = 16
_PROBE_EVERY_MS: Final = 5000
_SILENCE_MS: Final = 120_000


class Throttle:
    """Counts calls by provider, client or connection, as each dialect says.

    Declared limits are counted in the store, exactly, for all who share it. A provider that answers 429
    besides is left alone by this process for a while: renewals that nobody waits for are put off, so that a
    thousand connections do not each try and be refused. So is one that answers nothing, but for a call now
    and then: each takes until it is given up, and whoever waits behind them may be another's.
    """

    def __init__(self, store: ConnectionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._slowed_until_ms: dict[str, int] = {}
        self._silences: dict[str, int] = {}
        self._probed_at_ms: dict[str, int] = {}

    def charge(self, held: Held, renewal: Renewal, now_ms: int) -> int:
        """Charges one call to the declared limit: 0, or the milliseconds to wait. Blocks."""
        limit = renewal.limit
        if limit is None:
            return 0
        key = _provider(held)
        if limit.by == "client":
            key += f" {held.setup.credentials.get('client_id', '')}"
        elif limit.by == "connection":
            key = f"connection {held.id}"
        return self._store.charge(key, limit.calls, limit.per_seconds, now_ms)

    def slowed(self, held: Held, renewal: Renewal, wait_ms: int) -> None:
        """The provider asks for fewer calls. Where it counts them by connection, that one alone is meant."""
        if renewal.limit is not None and renewal.limit.by == "connection":
            return
        until_ms = self._clock.monotonic_ms() + min(wait_ms, _LONGEST_PAUSE_MS)
        self._slowed_until_ms[_provider(held)] = until_ms

    def pause_ms(self, held: Held) -> int:
        """For how long to leave the provider alone; 0 for not at all."""
        until_ms = self._slowed_until_ms.get(_provider(held), 0)
        return max(0, until_ms - self._clock.monotonic_ms())

    def heard(self, held: Held, *, answer: bool) -> None:
        """What came of a call: an answer, or none."""
        key = _provider(held)
        if answer:
            self._silences.pop(key, None)
            self._probed_at_ms.pop(key, None)
        else:
            self._silences[key] = self._silences.get(key, 0) + 1
            self._probed_at_ms.setdefault(key, self._clock.monotonic_ms())

    def silence_ms(self, held: Held) -> int:
        """For how long to leave alone a provider that answers nothing; 0 for whoever is to try it again."""
        key, now_ms = _provider(held), self._clock.monotonic_ms()
        if self._silences.get(key, 0) < _MOST_SILENCES:
            return 0
        if now_ms - self._probed_at_ms.get(key, 0) >= _PROBE_EVERY_MS:
            self._probed_at_ms[key] = now_ms
            return 0
        return _SILENCE_MS


def _provider(held: Held) -> str:
    return f"{held.setup.dialect} {held.setup.token_url or held.setup.base_url}"
