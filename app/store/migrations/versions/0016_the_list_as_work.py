"""Claims, and what the list of cases says of doubt, disagreement, patients and thumbnails.

Revision: 0016, after 0015

Doubt and disagreement between readers follow from what is stored, but by rules that the database
does not know: a doubt of -2 says that the worker is still to work them out at its next start.
Thumbnails are made when they are first asked for.

The way back loses the claims; their readers open their cases again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = ["read_state", "verdict", "source"]
BY = [*BEFORE, "modality", "view_position", "label", "model", "reader", "disagreement"]
ORDERS = {"ix_case_name": "name_key", "ix_case_finding": "finding_probability"}
STUDY = ["study_newest", "study_key", "created_at", "id"]


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("claimed_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_claim_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_expires_at"), "claim", ["expires_at"])
    for added in (
        sa.Column("patient", sa.String(32), server_default="", nullable=False),
        sa.Column("doubt", sa.Float(), server_default="-2", nullable=False),
        sa.Column("doubt_reason", sa.String(16), server_default="", nullable=False),
        sa.Column("disagreement", sa.String(16), server_default="", nullable=False),
        sa.Column("thumbnail_key", sa.String(64)),
    ):
        op.add_column("case", added)
    op.execute("""UPDATE "case" SET patient = coalesce((
        SELECT whose.patient FROM identity AS whose WHERE whose.blob_key = file_sha256), '')""")
    op.execute("""UPDATE "case" SET disagreement = 'model'
        WHERE verdict IN ('reject', 'wrongly refused')""")
    _drop_orders()
    op.create_index("ix_case_study", "case", [*STUDY, *BY])
    for name, column in {**ORDERS, "ix_case_doubt": "doubt"}.items():
        op.create_index(name, "case", [column, "id", *BY, "created_at"])
    op.create_index("ix_case_view", "case", ["modality", "view_position"])
    op.create_index("ix_case_counted", "case", [*BY, "created_at"])
    for column in ("read_state", "patient", "thumbnail_key"):
        op.create_index(op.f(f"ix_case_{column}"), "case", [column])


def downgrade() -> None:
    for name in ("read_state", "patient", "thumbnail_key", "view", "counted", "doubt"):
        op.drop_index(f"ix_case_{name}", "case")
    _drop_orders()
    for column in ("thumbnail_key", "disagreement", "doubt_reason", "doubt", "patient"):
        op.drop_column("case", column)
    op.create_index("ix_case_study", "case", [*STUDY, *BEFORE])
    for name, column in ORDERS.items():
        op.create_index(name, "case", [column, "id", *BEFORE])
    op.drop_index(op.f("ix_claim_expires_at"), "claim")
    op.drop_table("claim")


def _drop_orders() -> None:
    for name in ("ix_case_study", *ORDERS):
        op.drop_index(name, "case")
