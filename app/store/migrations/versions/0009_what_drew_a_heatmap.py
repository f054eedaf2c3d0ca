"""Explanations say what drew them, and predictions keep the maps of their model's mask reader.

Revision: 0009, after 0008

Every heatmap of before was drawn by a search on its image: no other tier was offered. Predictions
of before have no maps.

The way back loses the maps of mask readers, and the explanations that measured one: the revision
before has no tier for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "explanation", sa.Column("drawn_by", sa.String(64), server_default="", nullable=False)
    )
    op.execute("UPDATE explanation SET drawn_by = 'search'")
    with op.batch_alter_table("prediction") as table:
        table.add_column(sa.Column("maps_key", sa.String(64)))
        table.add_column(sa.Column("maps", sa.JSON()))
        table.create_index(op.f("ix_prediction_maps_key"), ["maps_key"])


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE tier = 'instant'")
    for name in ("job", "job_item"):
        op.execute(f"""UPDATE {name} SET explanation_id = NULL WHERE explanation_id IN
            (SELECT id FROM explanation WHERE tier = 'instant')""")
    op.execute("DELETE FROM explanation WHERE tier = 'instant'")
    with op.batch_alter_table("prediction") as table:
        table.drop_index(op.f("ix_prediction_maps_key"))
        table.drop_column("maps")
        table.drop_column("maps_key")
    op.drop_column("explanation", "drawn_by")
