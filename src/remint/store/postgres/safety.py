"""How long a commit waits: never less than what a promise takes, and never less than the cluster asks for."""

from __future__ import annotations

from typing import Final

from remint.store.postgres.connection import Connection

#: A renewal that was answered is on this server's disk (I3), whatever the server's default is.
_SAFE: Final = (
    "SELECT set_config('synchronous_commit', 'local', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
WITH_STANDBY: Final = (
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)
"""For what a standby that takes over could not make up for: a first grant, a revocation."""


def make_safe(connection: Connection) -> None:
    """Has every commit of a new connection wait for the disk."""
    connection.execute(_SAFE)


def wait_for_standby(connection: Connection) -> None:
    """Has the commit of this transaction wait for a synchronous standby, where the cluster has one."""
    connection.execute(WITH_STANDBY)
