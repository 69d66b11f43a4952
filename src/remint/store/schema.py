"""The tables, once for every engine.

Columns hold what cannot be derived. Numbers are integers, times are seconds since the epoch, or
milliseconds where the name says ``_ms``; 0 stands for "never", since SQLite keeps a zero in no bytes at all.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_name)s",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# SQLite takes only INTEGER for a key that is the row's own number; there it has 64 bits like BIGINT.
_Key: Final = BigInteger().with_variant(Integer, "sqlite")

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("kind", String, nullable=False, server_default="production"),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
)

apps = Table(
    "apps",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("client_id", String, nullable=False, unique=True),
    Column("number", Integer, unique=True),
    Column("name", String, nullable=False),
    Column("dialect", String, nullable=False),
    Column("authentication", String, nullable=False),
    Column("policy", String, nullable=False),
    Column("scope", String, nullable=False, server_default=""),
    Column("audience", String, nullable=False, server_default=""),
    Column("claims", String, nullable=False, server_default="{}"),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("disabled_at", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("app_id", ForeignKey("apps.id"), nullable=False, index=True),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, server_default="0"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("app_id", ForeignKey("apps.id"), nullable=False, index=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=False, server_default="0"),
)

users = Table(
    "users",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("username", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("claims", String, nullable=False, server_default="{}"),
    Column("disabled_at", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "username"),
)

subject_epochs = Table(
    "subject_epochs",
    metadata,
    Column("workspace_id", BigInteger, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
    sqlite_with_rowid=False,
)

terms = Table(
    "terms",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("body", String, nullable=False, unique=True),
)

# `key` is the first 63 bits of the grant's random id: the row's own number in SQLite, so that a look-up
# walks one shallow tree, and a column to shard by elsewhere. No foreign key: this table may be spread.
grants = Table(
    "grants",
    metadata,
    Column("key", _Key, primary_key=True, autoincrement=False),
    Column("id", LargeBinary(16), nullable=False),
    Column("app_id", Integer, nullable=False),
    Column("subject", String, nullable=False),
    Column("subject_key", BigInteger, nullable=False),
    Column("terms_id", Integer, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("advanced_at_ms", BigInteger, nullable=False),
    Column("budget_at_ms", BigInteger, nullable=False, server_default="0"),
    Column("retries", Integer, nullable=False, server_default="0"),
    Column("revoked_at", BigInteger, nullable=False, server_default="0"),
    Column("revoked_why", Integer, nullable=False, server_default="0"),
    Column("imported", Integer, nullable=False, server_default="0"),
    Column("epoch", Integer, nullable=False, server_default="0"),
)
Index("grants_subject_key", grants.c.subject_key)
Index(
    "grants_imported",
    grants.c.key,
    sqlite_where=grants.c.imported == 1,
    postgresql_where=grants.c.imported == 1,
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("event", String, nullable=False),
    Column("app_id", Integer),
    Column("grant_id", LargeBinary(16)),
    Column("actor", String, nullable=False, server_default=""),
    Column("detail", String, nullable=False, server_default="{}"),
)
Index("audit_grant_id", audit.c.grant_id)
