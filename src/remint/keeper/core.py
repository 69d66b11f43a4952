"""What the two keepers have in common: everything but who waits how."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from remint.clock import Clock, Entropy, SystemClock, system_entropy
from remint.dialect import Dialect
from remint.errors import UnknownConnection
from remint.keeper.access import Access
from remint.keeper.accesstoken import AccessToken
from remint.keeper.connection import Held
from remint.keeper.dialects import Dialects
from remint.keeper.events import Event, Listener, teller
from remint.keeper.flow import RenewalFlow, Wish
from remint.keeper.leases import Leases
from remint.keeper.request import EXTRA
from remint.keeper.status import Status, status_of
from remint.keeper.store.protocols import ConnectionStore
from remint.keeper.surroundings import Surroundings
from remint.keeper.throttle import Throttle
from remint.keeper.timing import Timing, mandatory_at_ms
from remint.keeper.warmth import Warmth, stopwatch_of
from remint.secret import MaskedString

if TYPE_CHECKING:
    import ssl

_PAGE: Final = 500


class Core:
    """One store, seen from one process.

    ``store`` is a ``ConnectionStore`` or says where one is: ``None`` for SQLite in the user's data
    directory, a directory, ``"memory:"``, or the address of a PostgreSQL database. ``key`` says where the
    key is that it is encrypted with (see ``remint.keeper.store.keysource``). ``dialects`` are folders of
    dialect files beside those that come along. ``on_event`` is called with each ``Event``, from whatever
    thread it happens in. ``most_tokens`` is how many tokens are kept at hand.
    """

    def __init__(
        self,
        store: ConnectionStore | Path | str | None = None,
        *,
        key: Any = None,
        dialects: Iterable[Path | str] = (),
        timing: Timing | None = None,
        on_event: Listener | None = None,
        verify: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        most_tokens: int = 100_000,
    ) -> None:
        entropy = entropy or system_entropy
        folders = list(dialects)
        if store is None or isinstance(store, str | Path):
            from remint.keeper.store.opening import dialect_folders, open_store

            folders += dialect_folders(store, os.environ)
            opened = open_store(store, key=key, clock=clock, entropy=entropy)
        else:
            opened = store
        timing, time = timing or Timing(), clock or opened.clock
        self._listeners: list[Listener] = [on_event] if on_event else []
        self.verify = verify
        owner = f"{os.getpid()}-{entropy(8).hex()}"
        self.around = Surroundings(
            store=opened,
            throttle=Throttle(opened, time),
            leases=Leases(opened, owner, time, timing.lease_seconds),
            dialect=Dialects(folders),
            clock=time,
            entropy=entropy,
            timing=timing,
            tell=teller(self._listeners),
        )
        self._warmth = Warmth(time, stopwatch_of(clock or SystemClock()), most_tokens)
        # On the way to every warm token: each attribute less counts.
        self._tokens = self._warmth.tokens
        self._stopwatch = self._warmth.stopwatch

    def listen(self, listener: Listener) -> None:
        """Calls ``listener`` with each event from now on."""
        self._listeners.append(listener)

    def dialect(self, name: str) -> Dialect:
        """The dialect of that name. Raises ``ConfigurationError``."""
        return self.around.dialect(name)

    def flow(
        self,
        name: str,
        *,
        rejected: str = "",
        spent: str = "",
        version: int | None = None,
        patient: bool = True,
    ) -> RenewalFlow:
        """The renewal that somebody who waits (or does not) wants."""
        patience_ms = int(self.around.timing.patience_seconds * 1000) if patient else 0
        return RenewalFlow(self.around, Wish(name, rejected, spent, version, patience_ms))

    def admit(self, held: Held) -> Access:
        """Keeps a connection's token at hand, and gives it."""
        around, tokens = self.around, held.tokens
        use = self.dialect(held.setup.dialect).use
        extras = {f"{EXTRA}{key}": value for key, value in (tokens.extras or {}).items()}
        usable = {**extras, **held.setup.credentials}
        value = tokens.access_token
        access = Access(
            AccessToken(value, expires_at_ms=tokens.expires_at_ms, type=tokens.token_type),
            [(each, MaskedString(shown)) for each, shown in use.headers(value, usable)],
            [(each, MaskedString(shown)) for each, shown in use.query(value, usable)],
            use,
        )
        must_at_ms = mandatory_at_ms(tokens, around.renewal(held), around.timing)
        self._warmth.put(held, access, must_at_ms)
        return access

    def is_good(
        self, held: Held, rejected: str = "", spent: str = "", version: int | None = None
    ) -> bool:
        """Whether a token needs no renewal that anybody has to wait for."""
        tokens, around = held.tokens, self.around
        if not tokens.access_token or tokens.access_token in (rejected, spent):
            return False
        if version is not None:
            return held.version > version
        must = mandatory_at_ms(tokens, around.renewal(held), around.timing)
        return must is None or around.clock.now_ms() < must

    def is_due(self, held: Held) -> bool:
        """Whether a renewal should be under way, with nobody waiting for it."""
        now_ms = self.around.clock.now_ms()
        if held.state == "dead" or held.not_before_ms > now_ms:
            return False
        due = held.renew_at_ms is not None and held.renew_at_ms <= now_ms
        return due or held.state == "in_doubt"

    def held(self, name: str) -> Held:
        """A connection as the store holds it. Raises ``UnknownConnection``."""
        held = self.around.store.load(name)
        if held is None:
            raise UnknownConnection(name)
        return held

    def statuses(self) -> Iterator[Status]:
        """Every connection, by name."""
        after = ""
        while page := self.around.store.listing(after, _PAGE):
            yield from map(status_of, page)
            after = page[-1].name

    def forget_now(self, name: str) -> bool:
        """Deletes a connection. False where there is none."""
        self._warmth.drop(name)
        gone = self.around.store.forget(name)
        if gone:
            self.around.tell(Event("forgotten", name, self.around.clock.now_ms()))
        return gone

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.around.store).__name__})"
