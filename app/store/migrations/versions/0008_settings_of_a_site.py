"""Predictions, cases and jobs know the settings of a site that they are made under.

Revision: 0008, after 0007

All that is there was made under the models' own calibration, which is "".
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = ["case_id", "frame", "model"]
UNIQUE = "uq_prediction_case_id_frame_model"


def upgrade() -> None:
    for table in ("case", "job"):
        op.add_column(table, sa.Column("site", sa.String(64), server_default="", nullable=False))
    with op.batch_alter_table("prediction") as batch:
        batch.add_column(sa.Column("site", sa.String(64), server_default="", nullable=False))
        batch.drop_constraint(op.f(UNIQUE), type_="unique")
        batch.create_unique_constraint(op.f(f"{UNIQUE}_site"), [*BEFORE, "site"])


def downgrade() -> None:
    # What was read under a site's settings is asked for again.
    op.execute("DELETE FROM prediction WHERE site <> ''")
    op.execute("""UPDATE "case" SET read_state = 'open', label = NULL, probability = NULL,
        finding_probability = -1, support = NULL
        WHERE site <> '' AND read_state IN ('new', 'refused')""")
    with op.batch_alter_table("prediction") as batch:
        batch.drop_constraint(op.f(f"{UNIQUE}_site"), type_="unique")
        batch.create_unique_constraint(op.f(UNIQUE), BEFORE)
        batch.drop_column("site")
    # A job of a kind that the revision before does not know would stay for ever.
    op.execute("DELETE FROM job WHERE kind = 'check'")
    for table in ("case", "job"):
        op.drop_column(table, "site")
