"""What is kept of those who administer: accounts, their roles, sessions, and the keys of machines.

Times are seconds since the epoch, 0 for never.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from remint.store.records import Role

Purpose = Literal["setup", "member", "password"]
"""What an invitation is for: the first account, a seat in a workspace, or a new password."""


class Account(msgspec.Struct, frozen=True):
    """A person who may log in to the console. An ``operator`` runs the whole installation."""

    id: int
    email: str
    name: str
    password_hash: str
    operator: bool
    disabled_at: int
    created_at: int
    version: int

    def __repr__(self) -> str:
        return f"Account(id={self.id}, email={self.email!r}, …)"


class Member(msgspec.Struct, frozen=True):
    """A role of an account in a workspace, with the account's name and address."""

    id: int
    workspace_id: int
    account_id: int
    role: Role
    created_at: int
    version: int
    email: str
    name: str


class Invitation(msgspec.Struct, frozen=True):
    """A link that is good once, without what it is checked by."""

    id: int
    purpose: Purpose
    workspace_id: int | None
    account_id: int | None
    email: str
    role: Role | Literal[""]
    invited_by: str
    created_at: int
    expires_at: int
    used_at: int
    revoked_at: int


class Session(msgspec.Struct, frozen=True):
    """A log-in to the console: ``sha256`` is of its cookie, ``origin`` the address that it came from."""

    sha256: bytes
    account_id: int
    created_at: int
    seen_at: int
    expires_at: int
    origin: str
    agent: str

    def __repr__(self) -> str:
        return f"Session(account_id={self.account_id}, …)"


class AdminKey(msgspec.Struct, frozen=True):
    """A bearer key of the admin API, without what it is checked by.

    Without a ``workspace_id`` it is good for the whole installation.
    """

    id: int
    workspace_id: int | None
    name: str
    scopes: tuple[str, ...]
    hint: str
    created_by: str
    created_at: int
    expires_at: int
    revoked_at: int
