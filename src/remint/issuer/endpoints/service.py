"""What an issuer runs while it serves: the group commit, its caches, and the housekeeping between."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING, Final

import structlog

from remint.errors import RemintError
from remint.issuer.endpoints.answers import Answers
from remint.issuer.endpoints.clients import Clients
from remint.issuer.endpoints.deadlines import Deadlines
from remint.issuer.endpoints.firstgrant import FirstGrants
from remint.issuer.endpoints.legacy import LegacyFilter
from remint.issuer.installation import Installation
from remint.issuer.logs import told_exception
from remint.issuer.metrics import Metrics
from remint.issuer.upkeep.activity import Recorder
from remint.issuer.upkeep.housekeeping import Housekeeping
from remint.store.groupcommit import GroupCommit
from remint.store.protocols import GrantBackend
from remint.store.records import App

if TYPE_CHECKING:
    from remint.issuer.people.sessions import LogIn

#: A dialect may describe others; what is not made here, no client may use.
_OFFERED: Final = frozenset({"refresh_token", "password"})
_WATCH_SECONDS: Final = 0.25
_ORPHANS_KEPT: Final = 10_000
_log = structlog.get_logger("remint")


class Service:
    """One process's running issuer, tied to one event loop from ``start`` to ``stop``."""

    def __init__(self, installation: Installation) -> None:
        settings = installation.settings
        self.installation = installation
        self.metrics = Metrics()
        self.recorder = Recorder(installation.activity)
        self.deadlines = Deadlines(
            installation.clock,
            receive_seconds=settings.receive_timeout_seconds,
            store_seconds=settings.store_timeout_seconds,
        )
        self.answers = Answers(installation.keys, settings.base_url, installation.entropy)
        self.clients = Clients(installation.catalogue)
        self.first_grants = FirstGrants(installation, self.answers)
        self.legacy = LegacyFilter()
        self.orphans: OrderedDict[bytes, None] = OrderedDict()
        self.is_ready = False
        self._housekeeping = Housekeeping(installation, self.metrics)
        self._catalogue_version = -1
        self._tasks: list[asyncio.Task[None]] = []
        self._group: GroupCommit | None = None
        self._grants = {
            name: _OFFERED.intersection(
                grant for each in dialect.endpoints for grant in each.grants
            )
            for name, dialect in installation.dialects.items()
        }

    @property
    def group(self) -> GroupCommit:
        """Where renewals are handed in. Only between ``start`` and ``stop``."""
        assert self._group is not None, "the service was not started"
        return self._group

    async def start(self) -> None:
        """Begins to serve: from now on retry windows run."""
        installation = self.installation
        await asyncio.to_thread(self._refresh)
        backend = installation.place.backend(installation.clock)
        backend.steadiness.beat()
        self._group = GroupCommit(
            backend,
            bound=installation.settings.max_waiting,
            on_batch=self.metrics.batches.observe,
        )
        self._tasks = [
            asyncio.create_task(self._beat(backend), name="remint-beat"),
            asyncio.create_task(self._watch(), name="remint-watch"),
            asyncio.create_task(self._housekeeping.run(), name="remint-housekeeping"),
            asyncio.create_task(self.recorder.run(), name="remint-recorder"),
        ]
        self.is_ready = True

    async def stop(self) -> None:
        """Answers what was accepted, then lets go of everything but the installation."""
        self.is_ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._group is not None:
            await self._group.close()
            self._group = None
        await self.recorder.flush()
        self.first_grants.close()

    @cached_property
    def log_in(self) -> LogIn:
        """How people log in to the console: one for the process, since it counts who failed."""
        # Late: a process that only renews never needs it.
        from remint.issuer.people.sessions import LogIn

        return LogIn(self.installation)

    def grants_of(self, app: App) -> frozenset[str]:
        """The grant types that the app's own dialect offers: it may use no others elsewhere either."""
        return self._grants.get(app.dialect, frozenset())

    def orphan_is_news(self, grant_id: bytes) -> bool:
        """Whether this orphan was not reported lately: its client may well come back every second."""
        if grant_id in self.orphans:
            return False
        self.orphans[grant_id] = None
        if len(self.orphans) > _ORPHANS_KEPT:
            self.orphans.popitem(last=False)
        return True

    async def _beat(self, backend: GrantBackend) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            self.metrics.waiting = self.group.depth
            self.deadlines.sweep()
            backend.steadiness.beat()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                await asyncio.to_thread(self._refresh)
            except RemintError as error:
                _log.warning("refresh_failed", reason=str(error))
            except Exception as error:  # noqa: BLE001 - caches that cannot be renewed are no reason to stop
                _log.error("refresh_failed", kind=type(error).__name__, told=told_exception(error))

    def _refresh(self) -> None:
        self.installation.keys.refresh()
        version = self.installation.catalogue.version()
        if version != self._catalogue_version:
            self.clients.forget()
            self.legacy.load(self.installation.ledger.imported())
            self._catalogue_version = version
