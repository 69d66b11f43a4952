"""Everything that a store asks of the server, step by step, and a connection that is lost at one of them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from remint.store.postgres.connection import Connection


class Cuts:
    """Counts what is waited for; number ``at`` is not answered, and was done or not: ``after``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = -1
        self.after = False
        self.count = 0
        self.happened = False
        for name in ("wait", "_pipelined"):
            self._count(monkeypatch, name)

    def _count(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        asked, cuts = getattr(Connection, name), self

        def counted(connection: Connection, *args: Any, **kw: Any) -> Any:
            mine = cuts.count == cuts.at
            cuts.count += 1
            if mine and not cuts.after:
                cuts.cut(connection)
            found = asked(connection, *args, **kw)
            if mine:
                cuts.cut(connection)
            return found

        monkeypatch.setattr(Connection, name, counted)

    def arm(self, at: int, *, after: bool) -> None:
        """From now on."""
        self.at, self.after, self.count, self.happened = at, after, 0, False

    def disarm(self) -> None:
        """Nothing more happens."""
        self.at = -1

    def cut(self, connection: Connection) -> None:
        """The connection is lost."""
        self.happened = True
        connection.pgconn.finish()
        raise psycopg.OperationalError("the connection is lost")
