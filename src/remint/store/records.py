"""What the catalogue keeps: workspaces, apps and users, as plain values."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from remint.grant import Policy

Authentication = Literal["secret", "api_key", "none"]
Role = Literal["owner", "developer", "viewer"]
ProductIdentifier = Literal["sku", "esin", "ean", "upc", "gtin"]
"""By what a sales channel knows products (the Eshopbox contract, "Setting up", step 3)."""


INSTALLED: Final = "workspace:"
"""What the subject of every installed app's grant begins with: no person's does."""


class Workspace(msgspec.Struct, frozen=True):
    """A tenant: apps and users live in it, and revoking it revokes all of their grants.

    A development workspace belongs to the one that it was made in, ``parent_id``: the roles that people have
    there hold in it too. ``closed_at`` is seconds since the epoch, 0 for never. ``version`` grows with every
    change of what people see of it.
    """

    id: int
    name: str
    kind: str
    epoch: int
    created_at: int
    parent_id: int | None = None
    closed_at: int = 0
    version: int = 1

    @property
    def subject(self) -> str:
        """Whom an app acts for that is installed here."""
        return f"{INSTALLED}{self.id}"


class ClientSecret(msgspec.Struct, frozen=True):
    """A client secret, by its SHA-256: it is random, so a slow hash would add nothing but time.

    ``expires_at`` is seconds since the epoch, 0 for never. ``hint`` is its last four characters, which are
    of its checksum; empty for one that came from elsewhere.
    """

    id: int
    sha256: bytes
    created_at: int
    expires_at: int
    hint: str = ""

    def __repr__(self) -> str:
        return f"ClientSecret(id={self.id}, …)"


class ApiKey(msgspec.Struct, frozen=True):
    """An API key, without what it is checked by. ``revoked_at`` is seconds since the epoch, 0 for never.

    ``hint`` is as a client secret's.
    """

    id: int
    created_at: int
    revoked_at: int
    hint: str = ""


class App(msgspec.Struct, frozen=True):
    """A client. ``authentication`` says what it must show: a secret, an API key, or nothing.

    ``number`` is the 32-bit number that some dialects know a client by. ``policy`` and ``scope`` are what
    its next grant is made under. ``claims`` are its own; ``token_claims`` travel in its access tokens: those,
    its company's and its sales channel's. ``sales_channel`` is the channel's code, ``None`` where the app is
    none. ``version`` grows with every change of what people see of the app.
    """

    id: int
    workspace_id: int
    client_id: str
    number: int | None
    name: str
    dialect: str
    authentication: Authentication
    policy: Policy
    scope: str
    audience: str
    claims: dict[str, Any]
    disabled_at: int
    created_at: int
    description: str = ""
    company_id: int | None = None
    sales_channel: str | None = None
    product_identifier: ProductIdentifier | Literal[""] = ""
    version: int = 1
    secrets: tuple[ClientSecret, ...] = ()
    token_claims: dict[str, Any] = {}


class User(msgspec.Struct, frozen=True):
    """A person who may log in by password. ``claims`` are the dialect's own fields about them.

    ``token_claims`` are those and their company's.
    """

    id: int
    workspace_id: int
    username: str
    subject: str
    password_hash: str
    claims: dict[str, Any]
    disabled_at: int
    created_at: int
    company_id: int | None = None
    version: int = 1
    token_claims: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"User(id={self.id}, username={self.username!r}, …)"


class NewApp(msgspec.Struct, frozen=True):
    """An app to be created. See ``App``."""

    workspace_id: int
    client_id: str
    name: str
    dialect: str
    authentication: Authentication
    policy: Policy
    number: int | None = None
    scope: str = ""
    audience: str = ""
    claims: dict[str, Any] = {}
    description: str = ""
    company_id: int | None = None


class Company(msgspec.Struct, frozen=True):
    """A company in a workspace: its users and apps carry its number and name as claims.

    ``number`` is what the GenLogs contract calls ``company_id``, ``name`` its ``customer_name``.
    """

    id: int
    workspace_id: int
    number: int
    name: str
    version: int
    created_at: int


class AppInstallation(msgspec.Struct, frozen=True):
    """An app that is installed in a workspace. ``removed_at`` is seconds since the epoch, 0 for never."""

    id: int
    app_id: int
    workspace_id: int
    created_at: int
    removed_at: int = 0


def company_claims(number: int | None, name: str | None) -> dict[str, Any]:
    """What the tokens of a company's users and apps say of it: nothing where there is none."""
    return {} if number is None else {"company_id": number, "customer_name": name}
