"""What the catalogue keeps: workspaces, apps and users, as plain values."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from remint.grant import Policy

Authentication = Literal["secret", "api_key", "none"]


class Workspace(msgspec.Struct, frozen=True):
    """A tenant: apps and users live in it, and revoking it revokes all of their grants."""

    id: int
    name: str
    kind: str
    epoch: int
    created_at: int


class ClientSecret(msgspec.Struct, frozen=True):
    """A client secret, by its SHA-256: it is random, so a slow hash would add nothing but time.

    ``expires_at`` is seconds since the epoch, 0 for never.
    """

    id: int
    sha256: bytes
    created_at: int
    expires_at: int

    def __repr__(self) -> str:
        return f"ClientSecret(id={self.id}, …)"


class ApiKey(msgspec.Struct, frozen=True):
    """An API key, without what it is checked by. ``revoked_at`` is seconds since the epoch, 0 for never."""

    id: int
    created_at: int
    revoked_at: int


class App(msgspec.Struct, frozen=True):
    """A client. ``authentication`` says what it must show: a secret, an API key, or nothing.

    ``number`` is the 32-bit number that some dialects know a client by. ``policy`` and ``scope`` are what
    its next grant is made under; ``claims`` travel in its access tokens.
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
    secrets: tuple[ClientSecret, ...] = ()


class User(msgspec.Struct, frozen=True):
    """A person who may log in by password. ``claims`` are the dialect's own fields about them."""

    id: int
    workspace_id: int
    username: str
    subject: str
    password_hash: str
    claims: dict[str, Any]
    disabled_at: int
    created_at: int

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
