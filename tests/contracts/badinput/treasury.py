"""What the tables of bad requests are made of: good credentials, and every kind of bad one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.contracts.workspace import Client, Person, Workspace

AUTHENTICATION = {"partner": "none", "genlogs": "api_key"}


@dataclass(frozen=True)
class Treasury:
    """One dialect's credentials.

    ``tokens`` are refresh tokens by what is the matter with them, ``clients`` likewise.
    """

    client: Client
    person: Person
    refresh_token: str
    tokens: Mapping[str, str]
    clients: Mapping[str, Client]

    def secrets(self) -> list[str]:
        """Everything that no answer and no log may hold."""
        clients = [self.client, *self.clients.values()]
        held = [*(each.secret for each in clients), *(each.api_key for each in clients)]
        return [self.refresh_token, *self.tokens.values(), *held, self.person.password]


def fresh(dialect: str, workspace: Workspace, **changes: Any) -> Treasury:
    """Good credentials alone. ``changes`` are the app's; without a ``person`` nobody can log in."""
    person = changes.pop("person", None) or Person("nobody", "no password", "nobody")
    client = workspace.client(dialect, AUTHENTICATION.get(dialect, "secret"), **changes)
    return Treasury(client, person, workspace.grant(client), {}, {})


def fill(dialect: str, workspace: Workspace, stranger: Workspace) -> Treasury:
    """A treasury for ``dialect``; ``stranger`` is a workspace of another installation."""
    authentication = AUTHENTICATION.get(dialect, "secret")
    scope = "read write" if dialect == "oauth2" else ""
    client = workspace.client(dialect, authentication, scope=scope)
    other = workspace.client(dialect, authentication)
    disabled = workspace.client(dialect, authentication)
    workspace.installation.catalogue.set_disabled(disabled.app, True)
    expired = workspace.client(dialect, authentication)
    if authentication == "secret":
        workspace.new_secret(expired, old_expires_at=1)
    abroad = stranger.client(dialect, authentication)
    tokens = {
        "expired": workspace.expired_grant(client),
        "idle": workspace.idle_grant(client),
        "revoked": workspace.revoked_grant(client),
        "another client's": workspace.grant(other),
        "another installation's": stranger.grant(abroad),
    }
    return Treasury(
        client=client,
        person=workspace.person(f"{dialect}@bad.test", f"the right password of {dialect}"),
        refresh_token=workspace.grant(client),
        tokens=tokens,
        clients={"other": other, "disabled": disabled, "expired": expired, "abroad": abroad},
    )
