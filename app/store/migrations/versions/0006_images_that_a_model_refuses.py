"""An image that a model was not made for has neither label nor probability.

Revision: 0006, after 0005

Predictions of before have no support: their models had no gate, and they stay as they are.

The way back loses what the revision before has no room for: predictions of refused images are
deleted, so that they are asked for again; what a reader said of a refusal becomes a supplement that
says so in its text.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = ("accept", "reject", "supplement")
AFTER = (*BEFORE, "rightly refused", "wrongly refused")


def upgrade() -> None:
    op.add_column("case", sa.Column("support", sa.String(16)))
    with op.batch_alter_table("prediction") as table:
        table.alter_column("label", existing_type=sa.String(200), nullable=True)
        table.alter_column("probability", existing_type=sa.Float(), nullable=True)
        table.add_column(sa.Column("support", sa.String(16)))
        table.add_column(sa.Column("support_distance", sa.Float()))
        table.add_column(sa.Column("support_threshold", sa.Float()))
    with op.batch_alter_table("annotation") as table:
        table.add_column(sa.Column("support", sa.String(16)))
        _allow(table, AFTER)


def downgrade() -> None:
    for name, more in (("annotation", ", text = verdict || ': ' || text"), ('"case"', "")):
        op.execute(f"""UPDATE {name} SET verdict = 'supplement'{more}
            WHERE verdict IN ('rightly refused', 'wrongly refused')""")
    with op.batch_alter_table("annotation") as table:
        table.drop_column("support")
        _allow(table, BEFORE)
    op.execute("DELETE FROM prediction WHERE label IS NULL")
    with op.batch_alter_table("prediction") as table:
        for column in ("support", "support_distance", "support_threshold"):
            table.drop_column(column)
        table.alter_column("label", existing_type=sa.String(200), nullable=False)
        table.alter_column("probability", existing_type=sa.Float(), nullable=False)
    op.execute("UPDATE \"case\" SET read_state = 'open' WHERE read_state = 'refused'")
    op.execute("UPDATE job_item SET state = 'done' WHERE state = 'refused'")
    op.drop_column("case", "support")


def _allow(table: BatchOperations, verdicts: tuple[str, ...]) -> None:
    """Let the table of annotations hold these verdicts and no others."""
    name = op.f("ck_annotation_verdict")
    table.drop_constraint(name, type_="check")
    table.create_check_constraint(name, f"verdict IN ({', '.join(map(repr, verdicts))})")
