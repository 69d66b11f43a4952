"""Accounts for tests, made as an operator makes them: on the data directory, beside the running server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from remint.issuer.actor import COMMAND
from remint.issuer.installation import Installation
from remint.issuer.people.accounts import create_account
from remint.secret import Secret
from remint.store.peoplerecords import Account
from remint.store.records import Role
from tests.servers import RunningServer

PASSWORD = "correct horse battery staple"


@contextlib.contextmanager
def opened(server: RunningServer) -> Iterator[Installation]:
    """The server's installation, as a command has it."""
    with contextlib.closing(Installation(server.settings)) as installation:
        yield installation


def account(
    server: RunningServer,
    email: str,
    *,
    operator: bool = False,
    roles: dict[int, Role] | None = None,
) -> Account:
    """An account with ``PASSWORD``, and its roles by the id of the workspace."""
    with opened(server) as installation:
        name = email.partition("@")[0].title()
        made = create_account(
            installation, email, name, Secret(PASSWORD), operator=operator, actor=COMMAND
        )
        for workspace_id, role in (roles or {}).items():
            installation.members.add(workspace_id, made.id, role)
    return made
