"""Verdicts say whether the reason is right, keep what was drawn and tried; drafts are stored.

Revision: 0013, after 0012

The way back loses drafts, and of verdicts what was added here: their audit entries, which hash it
too, then no longer match them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ADDED = ("reason", "region", "judged_map", "marks", "tried", "active_seconds")


def upgrade() -> None:
    with op.batch_alter_table("annotation") as table:
        table.add_column(sa.Column("reason", sa.String(16), nullable=True))
        table.add_column(sa.Column("region", sa.String(24), nullable=True))
        table.add_column(sa.Column("judged_map", sa.String(250), server_default="", nullable=False))
        table.add_column(sa.Column("marks", sa.JSON(), nullable=True))
        table.add_column(sa.Column("tried", sa.JSON(), nullable=True))
        table.add_column(sa.Column("active_seconds", sa.Float(), nullable=True))
    op.create_table(
        "draft",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("study", sa.String(32), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_draft_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "frame", "reader", "study", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_saved_at"), "draft", ["saved_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_draft_saved_at"), "draft")
    op.drop_table("draft")
    with op.batch_alter_table("annotation") as table:
        for name in reversed(_ADDED):
            table.drop_column(name)
