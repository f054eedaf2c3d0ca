"""Workers that share a database, and which piece of work each of them holds.

Revision: 0019, after 0018

What runs when this comes was left by a worker that is gone: nobody holds it. The way back loses the
workers, which say again that they live.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HOLDING = ("job", "job_item", "intervention")


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(16), nullable=False),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_seen_at"), "worker", ["seen_at"])
    for table in HOLDING:
        op.add_column(table, sa.Column("worker_id", sa.String(32)))
    op.create_index(
        "ix_job_item_running",
        "job_item",
        ["id"],
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def downgrade() -> None:
    op.drop_index("ix_job_item_running", "job_item")
    for table in HOLDING:
        op.drop_column(table, "worker_id")
    op.drop_index(op.f("ix_worker_seen_at"), "worker")
    op.drop_table("worker")
