"""What a server is to be told of the tables: room for rows to change in, a trail that is never changed.

A renewal changes no column that is indexed, so PostgreSQL can keep the new version of a row beside the old
one and touch no index (a "HOT" update), as long as the page has room.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_POSTGRESQL = (
    "ALTER TABLE apps ALTER COLUMN number TYPE BIGINT",
    (
        "ALTER TABLE grants SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,"
        " autovacuum_vacuum_cost_delay = 1)"
    ),
    (
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit trail is never changed'; END $$"
    ),
    (
        "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
    ),
)


def upgrade() -> None:
    """Makes the row that writers queue at, and on PostgreSQL says how the tables are to be kept."""
    op.execute(
        "INSERT INTO meta (key, value) SELECT 'catalogue_version', '1'"
        " WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'catalogue_version')"
    )
    if op.get_context().dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    """Takes it back; the row may stay."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_append_only ON audit")
        op.execute("DROP FUNCTION audit_append_only")
        op.execute(
            "ALTER TABLE grants RESET (fillfactor, autovacuum_vacuum_scale_factor,"
            " autovacuum_vacuum_cost_delay)"
        )
