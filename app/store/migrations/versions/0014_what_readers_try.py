"""What readers try on an image: prototypes off, regions hidden or kept, and what the model said.

Revision: 0014, after 0013

The way back loses what was tried.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "intervention",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), server_default="", nullable=False),
        sa.Column("work_key", sa.String(64), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
            name=op.f("fk_intervention_case_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
    )
    op.create_index(op.f("ix_intervention_work_key"), "intervention", ["work_key"])
    op.create_index("ix_intervention_state_asked_at", "intervention", ["state", "asked_at"])
    op.create_index(
        "ix_intervention_case_id_frame_reader", "intervention", ["case_id", "frame", "reader"]
    )


def downgrade() -> None:
    op.drop_table("intervention")
