"""How long a commit waits: never less than what a promise takes, and never less than the cluster asks for."""

from __future__ import annotations

from typing import Final

from remint.store.postgres.connection import Connection

_LAX: Final = "SELECT current_setting('synchronous_commit') = 'off'"
WITH_STANDBY: Final = (
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)
"""For what a standby that takes over could not make up for: a first grant, a revocation."""
SAFELY: Final = (
    "(CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
    " THEN set_config('synchronous_commit', 'on', true) END IS DISTINCT FROM '')"
)
"""The same as a condition that always holds, of a statement that is a transaction by itself: it costs no
round trip, and leaves nothing behind in a session that a pooler gives to somebody else.
"""


def is_lax(connection: Connection) -> bool:
    """Whether a commit does not wait for the disk unless it is asked to.

    It has to be asked each time: what is set for a session, a pooler gives to somebody else.
    """
    [(found,)] = connection.execute(_LAX).fetchall()
    return bool(found)


def wait_for_standby(connection: Connection) -> None:
    """Has the commit of this transaction wait for a synchronous standby, where the cluster has one."""
    connection.execute(WITH_STANDBY)
