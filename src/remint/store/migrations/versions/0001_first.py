"""The first schema, as it was when it went out: what ``schema`` says later is for later revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "meta",
    "workspaces",
    "apps",
    "client_secrets",
    "api_keys",
    "users",
    "subject_epochs",
    "terms",
    "grants",
    "audit",
)


def upgrade() -> None:
    """Creates every table."""
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="meta_pkey"),
    )
    _create_catalogue()
    _create_credentials()
    _create_grants()
    _create_audit()


def downgrade() -> None:
    """Drops them."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _create_catalogue() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", _key(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), server_default="production", nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="workspaces_pkey"),
        sa.UniqueConstraint("name", name="workspaces_name_key"),
    )
    op.create_table(
        "apps",
        sa.Column("id", _key(), nullable=False),
        sa.Column("workspace_id", _key(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("dialect", sa.String(), nullable=False),
        sa.Column("authentication", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), server_default="", nullable=False),
        sa.Column("audience", sa.String(), server_default="", nullable=False),
        sa.Column("claims", sa.String(), server_default="{}", nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="apps_pkey"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="apps_workspace_id_fkey"),
        sa.UniqueConstraint("client_id", name="apps_client_id_key"),
        sa.UniqueConstraint("number", name="apps_number_key"),
    )
    op.create_index("apps_workspace_id", "apps", ["workspace_id"])


def _create_credentials() -> None:
    op.create_table(
        "client_secrets",
        sa.Column("id", _key(), nullable=False),
        sa.Column("app_id", _key(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="client_secrets_pkey"),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name="client_secrets_app_id_fkey"),
    )
    op.create_index("client_secrets_app_id", "client_secrets", ["app_id"])
    op.create_table(
        "api_keys",
        sa.Column("id", _key(), nullable=False),
        sa.Column("app_id", _key(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="api_keys_pkey"),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name="api_keys_app_id_fkey"),
        sa.UniqueConstraint("sha256", name="api_keys_sha256_key"),
    )
    op.create_index("api_keys_app_id", "api_keys", ["app_id"])
    op.create_table(
        "users",
        sa.Column("id", _key(), nullable=False),
        sa.Column("workspace_id", _key(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("claims", sa.String(), server_default="{}", nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="users_workspace_id_fkey"
        ),
        sa.UniqueConstraint("workspace_id", "username", name="users_workspace_id_key"),
    )


def _create_grants() -> None:
    op.create_table(
        "subject_epochs",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "subject", name="subject_epochs_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "terms",
        sa.Column("id", _key(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="terms_pkey"),
        sa.UniqueConstraint("body", name="terms_body_key"),
    )
    op.create_table(
        "grants",
        sa.Column("key", _key(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("app_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_key", sa.BigInteger(), nullable=False),
        sa.Column("terms_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("advanced_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("budget_at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("retries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revoked_why", sa.Integer(), server_default="0", nullable=False),
        sa.Column("imported", sa.Integer(), server_default="0", nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name="grants_pkey"),
    )
    op.create_index("grants_subject_key", "grants", ["subject_key"])
    imported = sa.text("imported = 1")
    op.create_index(
        "grants_imported", "grants", ["key"], sqlite_where=imported, postgresql_where=imported
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _key(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("app_id", sa.Integer()),
        sa.Column("grant_id", sa.LargeBinary(16)),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column("detail", sa.String(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
    )
    op.create_index("audit_grant_id", "audit", ["grant_id"])


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
