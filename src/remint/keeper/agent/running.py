"""Runs an agent in the foreground: its door, its keeper, its scheduler, and their end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from remint.keeper.agent.accesslog import AccessLog
from remint.keeper.agent.application import Agent
from remint.keeper.agent.door import Door, open_file, open_port
from remint.keeper.agent.gate import Gate
from remint.keeper.agent.health import Health
from remint.keeper.agent.key import agent_key, key_place
from remint.keeper.agent.logs import configure_logs
from remint.keeper.agent.metrics import Metrics
from remint.keeper.agent.server import MOST_CONNECTIONS, Server, configured
from remint.keeper.agent.settings import KEY_VARIABLE, Settings
from remint.keeper.agent.treasury import Treasury
from remint.keeper.scheduler import Scheduler
from remint.secret import Secret

OnReady = Callable[[str, Path | None], None]
# Beside its callers a process has open: its store, its calls to providers, its log.
_OTHER_FILES: Final = 512
_log = logging.getLogger("remint.agent")


def run(
    settings: Settings,
    *,
    on_ready: OnReady | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Serves until SIGTERM or SIGINT, then answers what was accepted, ends renewals, and returns.

    ``on_ready`` is told the address and, where there is one, the file of the key. Raises
    ``ConfigurationError`` (the address, the key, the store's key, a dialect) or ``StoreError``.
    """
    configure_logs()
    _allow_files()
    door = open_port(settings.listen) if settings.socket is None else open_file(settings.socket)
    try:
        key, file = _key(settings, environ)
        metrics = Metrics()
        treasury = Treasury(settings.store, dialects=settings.dialects, on_event=metrics.hear)
        announce = _Announcement(settings, door.address, file, on_ready, environ)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, door, Gate(key), treasury, metrics, announce))
    finally:
        door.close()


def _key(settings: Settings, environ: Mapping[str, str]) -> tuple[Secret | None, Path | None]:
    if settings.socket is not None:
        return None, None
    file = settings.key_file or key_place(settings.store, environ)
    key, is_new = agent_key(file, environ)
    if is_new:
        _log.info("made a key", extra={"file": str(file)})
    return key, None if environ.get(KEY_VARIABLE, "").strip() else file


def _allow_files() -> None:
    """Lets this process have as many files open as there may be callers, or as many as it may."""
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        # There is none for this system; asyncio's own does, only slower.
        return None
    return uvloop.new_event_loop


async def _serve(
    settings: Settings,
    door: Door,
    gate: Gate,
    treasury: Treasury,
    metrics: Metrics,
    announce: _Announcement,
) -> None:
    log = AccessLog(sys.stdout.buffer)
    scheduler = Scheduler(treasury)
    scheduling = asyncio.create_task(scheduler.run(), name="remint-scheduler")
    scheduling.add_done_callback(_told)
    health = Health(
        treasury,
        metrics,
        is_scheduled=lambda: not scheduling.done(),
        lag_seconds=lambda: scheduler.overdue_ms / 1000,
    )
    agent = Agent(treasury, gate, metrics, health, log, may_renew=settings.may_renew)
    config = configured(agent, treasury.around.timing.patience_seconds)
    server = Server(config, announce.ready, scheduler.stop)
    try:
        await server.serve([door.listener])
        announce.ending()
    finally:
        scheduling.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await scheduling
        await treasury.close()
        log.close()
        _log.info("stopped")


def _told(scheduling: asyncio.Task[Any]) -> None:
    if not scheduling.cancelled() and (error := scheduling.exception()) is not None:
        _log.error("the scheduler has stopped", exc_info=error)


class _Announcement:
    """Tells whoever started the agent that it serves: by a file, to systemd, by a call."""

    def __init__(
        self,
        settings: Settings,
        address: str,
        key_file: Path | None,
        on_ready: OnReady | None,
        environ: Mapping[str, str],
    ) -> None:
        self._file = settings.ready_file
        self._address = address
        self._key_file = key_file
        self._on_ready = on_ready
        self._systemd = environ.get("NOTIFY_SOCKET", "")

    def ready(self) -> None:
        """Callers are let in."""
        _log.info("serving", extra={"address": self._address})
        if self._file is not None:
            new = self._file.with_name(f".{self._file.name}.new")
            new.write_text(f"{self._address}\n")
            new.replace(self._file)
        if self._on_ready is not None:
            self._on_ready(self._address, self._key_file)
        self._notify(b"READY=1")

    def ending(self) -> None:
        """The last caller has been answered."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()
        self._notify(b"STOPPING=1")

    def _notify(self, state: bytes) -> None:
        """See sd_notify(3)."""
        if not self._systemd:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.connect(self._systemd.replace("@", "\0", 1))
            to.send(state)
