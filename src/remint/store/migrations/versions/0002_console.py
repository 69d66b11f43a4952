"""The console's: accounts, members, installations, sales channels, companies, admin keys, activity.

What can be changed by two people at once gets a version; the audit trail says from where.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "accounts",
    "members",
    "invitations",
    "sessions",
    "admin_keys",
    "idempotency",
    "app_installations",
    "companies",
    "activity",
)
_INDEXES = {
    "workspaces_parent_id": "workspaces",
    "apps_company_id": "apps",
    "apps_sales_channel_key": "apps",
    "users_company_id": "users",
    "grants_app_id": "grants",
    "audit_at_ms": "audit",
    "audit_workspace_id": "audit",
    "audit_app_id": "audit",
    "audit_event": "audit",
    "audit_actor": "audit",
}
_COLUMNS = {
    "workspaces": ("parent_id", "closed_at", "version"),
    "apps": ("description", "company_id", "sales_channel", "product_identifier", "version"),
    "client_secrets": ("hint",),
    "api_keys": ("hint",),
    "users": ("company_id", "version"),
    "audit": ("workspace_id", "origin"),
}
_APPEND_ONLY = (
    "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END"
)


def upgrade() -> None:
    """Adds the tables and columns, and says of old events whose workspace they were."""
    _add_people()
    _add_sessions()
    _add_to_catalogue()
    _add_columns()
    _add_records()


def downgrade() -> None:
    """Drops them."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_append_only")
    for index, table in _INDEXES.items():
        op.drop_index(index, table_name=table)
    for table, names in _COLUMNS.items():
        for name in names:
            op.drop_column(table, name)
    for table in reversed(_TABLES):
        op.drop_table(table)


def _add_people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _key(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("operator", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name="accounts_pkey"),
        sa.UniqueConstraint("email", name="accounts_email_key"),
    )
    op.create_table(
        "members",
        sa.Column("id", _key(), nullable=False),
        sa.Column("workspace_id", _key(), nullable=False),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="members_account_id_fkey"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="members_workspace_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="members_pkey"),
        sa.UniqueConstraint("workspace_id", "account_id", name="members_workspace_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("members_account_id", "members", ["account_id"])
    op.create_table(
        "invitations",
        sa.Column("id", _key(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer()),
        sa.Column("account_id", sa.Integer()),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), server_default="", nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="invitations_pkey"),
        sa.UniqueConstraint("sha256", name="invitations_sha256_key"),
    )
    op.create_index("invitations_workspace_id", "invitations", ["workspace_id"])


def _add_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(), server_default="", nullable=False),
        sa.Column("agent", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="sessions_account_id_fkey"),
        sa.PrimaryKeyConstraint("sha256", name="sessions_pkey"),
    )
    op.create_index("sessions_account_id", "sessions", ["account_id"])
    op.create_table(
        "admin_keys",
        sa.Column("id", _key(), nullable=False),
        sa.Column("workspace_id", sa.Integer()),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="admin_keys_pkey"),
        sa.UniqueConstraint("sha256", name="admin_keys_sha256_key"),
    )
    op.create_index("admin_keys_workspace_id", "admin_keys", ["workspace_id"])
    op.create_table(
        "idempotency",
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="idempotency_pkey"),
    )
    op.create_index("idempotency_created_at", "idempotency", ["created_at"])


def _add_to_catalogue() -> None:
    op.create_table(
        "app_installations",
        sa.Column("id", _key(), nullable=False),
        sa.Column("app_id", _key(), nullable=False),
        sa.Column("workspace_id", _key(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name="app_installations_app_id_fkey"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="app_installations_workspace_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="app_installations_pkey"),
    )
    op.create_index(
        "app_installations_live_key",
        "app_installations",
        ["app_id", "workspace_id"],
        unique=True,
        sqlite_where=sa.text("removed_at = 0"),
        postgresql_where=sa.text("removed_at = 0"),
    )
    op.create_index("app_installations_workspace_id", "app_installations", ["workspace_id"])
    op.create_table(
        "companies",
        sa.Column("id", _key(), nullable=False),
        sa.Column("workspace_id", _key(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="companies_workspace_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="companies_pkey"),
        sa.UniqueConstraint("workspace_id", "number", name="companies_workspace_id_key"),
    )


def _add_columns() -> None:
    op.add_column("workspaces", sa.Column("parent_id", sa.Integer()))
    op.add_column(
        "workspaces", sa.Column("closed_at", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "workspaces", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_index("workspaces_parent_id", "workspaces", ["parent_id"])
    op.add_column("apps", sa.Column("description", sa.String(), server_default="", nullable=False))
    op.add_column("apps", sa.Column("company_id", sa.Integer()))
    op.add_column("apps", sa.Column("sales_channel", sa.String()))
    op.add_column(
        "apps", sa.Column("product_identifier", sa.String(), server_default="", nullable=False)
    )
    op.add_column("apps", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_index("apps_company_id", "apps", ["company_id"])
    op.create_index("apps_sales_channel_key", "apps", ["sales_channel"], unique=True)
    op.add_column(
        "client_secrets", sa.Column("hint", sa.String(), server_default="", nullable=False)
    )
    op.add_column("api_keys", sa.Column("hint", sa.String(), server_default="", nullable=False))
    op.add_column("users", sa.Column("company_id", sa.Integer()))
    op.add_column("users", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_index("users_company_id", "users", ["company_id"])


def _add_records() -> None:
    op.create_table(
        "activity",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("series", "span", "at", name="activity_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("activity_at", "activity", ["span", "at"])
    op.create_index("grants_app_id", "grants", ["app_id", "created_at"])
    op.add_column("audit", sa.Column("workspace_id", sa.Integer()))
    op.add_column("audit", sa.Column("origin", sa.String(), server_default="", nullable=False))
    op.create_index("audit_at_ms", "audit", ["at_ms"])
    op.create_index("audit_app_id", "audit", ["app_id", "at_ms"])
    op.create_index("audit_workspace_id", "audit", ["workspace_id", "at_ms"])
    for column, common in (("event", "grant_issued"), ("actor", "")):
        worth_it = sa.text(f"{column} != '{common}'")
        op.create_index(
            f"audit_{column}",
            "audit",
            [column, "at_ms"],
            sqlite_where=worth_it,
            postgresql_where=worth_it,
        )
    op.execute(
        "UPDATE audit SET workspace_id = (SELECT workspace_id FROM apps WHERE apps.id = audit.app_id)"
        " WHERE app_id IS NOT NULL"
    )
    if op.get_context().dialect.name == "sqlite":
        op.execute(_APPEND_ONLY)


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
