"""The first schema."""

from __future__ import annotations

from alembic import op

from remint.store.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table as ``schema`` has it."""
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    """Drops them."""
    metadata.drop_all(op.get_bind())
