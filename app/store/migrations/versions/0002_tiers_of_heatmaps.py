"""Heatmaps and their jobs name the tier they were asked for.

Revision: 0002, after 0001

Heatmaps made before have an empty tier; jobs that are in line ask for the usual one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "explanation", sa.Column("tier", sa.String(length=16), server_default="", nullable=False)
    )
    op.add_column("job", sa.Column("tier", sa.String(length=16), nullable=True))
    op.execute("UPDATE job SET tier = 'standard' WHERE kind = 'explain'")


def downgrade() -> None:
    with op.batch_alter_table("job") as table:
        table.drop_column("tier")
    with op.batch_alter_table("explanation") as table:
        table.drop_column("tier")
