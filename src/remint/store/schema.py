"""The tables, once for every engine.

Columns hold what cannot be derived. Numbers are integers, times are seconds since the epoch, or
milliseconds where the name says ``_ms``; 0 stands for "never", since SQLite keeps a zero in no bytes at all.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    DDL,
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
    event,
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
    Column("parent_id", Integer),
    Column("closed_at", BigInteger, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("workspaces_parent_id", workspaces.c.parent_id)

apps = Table(
    "apps",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("client_id", String, nullable=False, unique=True),
    Column("number", _Key, unique=True),
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
    Column("description", String, nullable=False, server_default=""),
    Column("company_id", Integer),
    Column("sales_channel", String),
    Column("product_identifier", String, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("apps_company_id", apps.c.company_id)
Index("apps_sales_channel_key", apps.c.sales_channel, unique=True)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("app_id", ForeignKey("apps.id"), nullable=False, index=True),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, server_default="0"),
    Column("hint", String, nullable=False, server_default=""),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("app_id", ForeignKey("apps.id"), nullable=False, index=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=False, server_default="0"),
    Column("hint", String, nullable=False, server_default=""),
)

app_installations = Table(
    "app_installations",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("app_id", ForeignKey("apps.id"), nullable=False),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=False, server_default="0"),
)
Index(
    "app_installations_live_key",
    app_installations.c.app_id,
    app_installations.c.workspace_id,
    unique=True,
    sqlite_where=app_installations.c.removed_at == 0,
    postgresql_where=app_installations.c.removed_at == 0,
)

companies = Table(
    "companies",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "number"),
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
    Column("company_id", Integer),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("workspace_id", "username"),
)
Index("users_company_id", users.c.company_id)

# Who works in the console. A person has one account, and a role in each workspace that they belong to.
accounts = Table(
    "accounts",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("email", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("operator", Integer, nullable=False, server_default="0"),
    Column("disabled_at", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

members = Table(
    "members",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("workspace_id", "account_id"),
    # Members are deleted. A page that somebody left open must not mean the next one by the same id.
    sqlite_autoincrement=True,
)

# A link that is good once: to join a workspace, to set the first account up, or to choose a new password.
invitations = Table(
    "invitations",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("workspace_id", Integer, index=True),
    Column("account_id", Integer),
    Column("email", String, nullable=False),
    Column("role", String, nullable=False, server_default=""),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("invited_by", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False, server_default="0"),
    Column("revoked_at", BigInteger, nullable=False, server_default="0"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("origin", String, nullable=False, server_default=""),
    Column("agent", String, nullable=False, server_default=""),
)

# Bearer keys of the admin API; without a workspace a key is good for the whole installation.
admin_keys = Table(
    "admin_keys",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("workspace_id", Integer, index=True),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("hint", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, server_default="0"),
    Column("revoked_at", BigInteger, nullable=False, server_default="0"),
)

# What a creation answered, sealed under what only its caller has; see `issuer.admin.idempotency`.
idempotency = Table(
    "idempotency",
    metadata,
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
)

# What happened in each step of `span` seconds, as `store.activity.Counts` in JSON: one row, however many
# kinds there are, since charts read hundreds of steps. `series` is "all", "workspace:ID" or "app:ID".
activity = Table(
    "activity",
    metadata,
    Column("series", String, primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("counts", String, nullable=False),
    sqlite_with_rowid=False,
)
Index("activity_at", activity.c.span, activity.c.at)

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
Index("grants_app_id", grants.c.app_id, grants.c.created_at)
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
    Column("workspace_id", Integer),
    Column("origin", String, nullable=False, server_default=""),
)
Index("audit_grant_id", audit.c.grant_id)
Index("audit_at_ms", audit.c.at_ms)
Index("audit_workspace_id", audit.c.workspace_id, audit.c.at_ms)
Index("audit_app_id", audit.c.app_id, audit.c.at_ms)
# Nearly all events are new grants, which nobody looks for by name: only the others are worth an index.
Index(
    "audit_event",
    audit.c.event,
    audit.c.at_ms,
    sqlite_where=audit.c.event != "grant_issued",
    postgresql_where=audit.c.event != "grant_issued",
)
Index(
    "audit_actor",
    audit.c.actor,
    audit.c.at_ms,
    sqlite_where=audit.c.actor != "",
    postgresql_where=audit.c.actor != "",
)
event.listen(
    audit,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END"
    ).execute_if(dialect="sqlite"),
)
