"""Several processes on one socket: starts them, replaces those that die, and stops them together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Final

import structlog

from remint.issuer.server.worker import MODULE, Order
from remint.issuer.settings import Settings

_LOOK_SECONDS: Final = 0.1
_STEADY_SECONDS: Final = 30.0
_LONGEST_DELAY_SECONDS: Final = 10.0
_KILL_AFTER_SECONDS: Final = 15.0
_log = structlog.get_logger("remint")


class _Place:
    """Where a worker runs, and its successors after it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.failures = 0


class Workers:
    """Keeps ``settings.workers`` processes serving on ``listener`` from ``run`` to its end."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._listener = listener
        self._order = Order(settings, listener.fileno(), os.getpid()).encode()
        self._grace_seconds = settings.stop_grace_seconds + _KILL_AFTER_SECONDS
        self._places = [_Place() for _ in range(settings.workers)]
        self._stop = threading.Event()
        self._signals = 0

    def run(self) -> None:
        """Goes on until SIGTERM or SIGINT, then stops every worker gracefully and returns."""
        before = {
            each: signal.signal(each, self._asked_to_stop)
            for each in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self._stop.is_set():
                for place in self._places:
                    self._look_after(place)
                self._stop.wait(_LOOK_SECONDS)
        finally:
            # The workers hold it open for as long as they let anybody in.
            self._listener.close()
            self._stop_all()
            for each, handler in before.items():
                signal.signal(each, handler)

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        self._signals += 1
        self._stop.set()

    def _look_after(self, place: _Place) -> None:
        if place.process is None:
            self._start(place)
        elif (status := place.process.poll()) is not None:
            lived = time.monotonic() - place.started_at
            place.failures = 1 if lived > _STEADY_SECONDS else place.failures + 1
            delay = min(_LONGEST_DELAY_SECONDS, 0.1 * 2**place.failures)
            if place.failures == 1 or lived > delay:
                _log.error("worker_died", pid=place.process.pid, status=status)
                self._start(place)

    def _start(self, place: _Place) -> None:
        # A group of its own, so that Ctrl-C at a terminal reaches the parent alone, which passes it on.
        place.process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            pass_fds=(self._listener.fileno(),),
            process_group=0,
        )
        place.started_at = time.monotonic()
        assert place.process.stdin is not None
        with suppress(BrokenPipeError), place.process.stdin as pipe:
            pipe.write(self._order)
        _log.info("worker_started", pid=place.process.pid)

    def _stop_all(self) -> None:
        running = [place.process for place in self._places if place.process is not None]
        _signal(running, signal.SIGTERM)
        deadline, passed_on = time.monotonic() + self._grace_seconds, 1
        while any(process.poll() is None for process in running):
            if self._signals > passed_on:
                passed_on = self._signals
                _signal(running, signal.SIGTERM)
            if time.monotonic() > deadline:
                _signal(running, signal.SIGKILL)
            time.sleep(_LOOK_SECONDS)


def _signal(processes: list[subprocess.Popen[bytes]], number: int) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)
