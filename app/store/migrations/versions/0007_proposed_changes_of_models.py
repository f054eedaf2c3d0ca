"""Proposed changes of models, with every step that was taken, and who asked a model to learn.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_proposal",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("prototypes_off", sa.JSON(), nullable=False),
        sa.Column("required", sa.JSON(), nullable=False),
        sa.Column("tolerance", sa.Float()),
        sa.Column("cost", sa.JSON()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_proposal"),
    )
    op.create_index("ix_model_proposal_model", "model_proposal", ["model"])
    op.create_index("ix_model_proposal_created_at", "model_proposal", ["created_at"])
    op.create_table(
        "model_proposal_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.String(64)),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'active', 'undone')",
            name=op.f("ck_model_proposal_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["model_proposal.id"],
            name="fk_model_proposal_step_proposal_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_model_proposal_step"),
        sa.UniqueConstraint(
            "proposal_id", "number", name="uq_model_proposal_step_proposal_id_number"
        ),
    )
    op.create_table(
        "model_learning",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name="fk_model_learning_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_model_learning"),
    )


def downgrade() -> None:
    for table in ("model_learning", "model_proposal_step", "model_proposal"):
        op.drop_table(table)
    # A job of a kind that the revision before does not know would be taken for a heatmap.
    op.execute("DELETE FROM job WHERE kind = 'learn'")
