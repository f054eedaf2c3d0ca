"""Studies with several readers, and reads that are locked before the model's answer is shown.

Revision: 0015, after 0014

There was neither before: all tables begin empty. The way back loses the studies and their reads;
the audit keeps that there were some.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("protocol", sa.JSON(), nullable=False),
        sa.Column("protocol_digest", sa.String(64), nullable=False),
        sa.Column("hides_from_adjudicators", sa.Boolean(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("site", sa.String(64), nullable=False, server_default=""),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime()),
        sa.Column("closed_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
    )
    op.create_table(
        "study_person",
        sa.Column("study_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("adjudicates", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_person_study_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("study_id", "name", name=op.f("pk_study_person")),
    )
    op.create_table(
        "study_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pixel_sha256", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(200)),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_study_case_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_case_study_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_case")),
        sa.UniqueConstraint(
            "study_id", "case_id", "frame", name=op.f("uq_study_case_study_id_case_id_frame")
        ),
    )
    op.create_index("ix_study_case_case_id", "study_case", ["case_id"])
    op.create_table(
        "study_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("arm", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.Column("hides_ai", sa.Boolean(), nullable=False),
        sa.Column("pixel_sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_study_slot_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_slot_study_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_slot")),
        sa.UniqueConstraint(
            "study_id",
            "reader",
            "case_id",
            "frame",
            "round",
            name=op.f("uq_study_slot_study_id_reader_case_id_frame_round"),
        ),
    )
    op.create_index("ix_study_slot_case_id", "study_slot", ["case_id"])
    op.create_index("ix_study_slot_reader_state", "study_slot", ["reader", "state"])
    op.create_table(
        "first_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("nothing_to_mark", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("active_seconds", sa.Float(), nullable=False),
        sa.Column("locked_at", sa.DateTime(), nullable=False),
        sa.Column("audit_sequence", sa.Integer()),
        sa.Column("audit_hash", sa.String(64)),
        sa.Column("audit_salt", sa.String(32)),
        sa.CheckConstraint("confidence BETWEEN 1 AND 5", name=op.f("ck_first_read_confidence")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_first_read_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_read")),
        sa.UniqueConstraint(
            "study", "reader", "case_id", "frame", "round", name=op.f("uq_first_read_once")
        ),
    )
    op.create_index("ix_first_read_case_id", "first_read", ["case_id"])
    op.create_index("ix_first_read_reader_case_id", "first_read", ["reader", "case_id"])
    op.create_table(
        "signed_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("region", sa.String(16)),
        sa.Column("corrected_label", sa.String(200)),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("prototype_judgements", sa.JSON(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("tried", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("active_seconds", sa.Float(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("predicted_label", sa.String(200)),
        sa.Column("predicted_probability", sa.Float()),
        sa.Column("support", sa.String(16)),
        sa.Column("signed_at", sa.DateTime(), nullable=False),
        sa.Column("audit_sequence", sa.Integer()),
        sa.Column("audit_hash", sa.String(64)),
        sa.Column("audit_salt", sa.String(32)),
        sa.CheckConstraint("confidence BETWEEN 1 AND 5", name=op.f("ck_signed_read_confidence")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_signed_read_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_read")),
        sa.UniqueConstraint(
            "study", "reader", "case_id", "frame", "round", name=op.f("uq_signed_read_once")
        ),
    )
    op.create_index("ix_signed_read_case_id", "signed_read", ["case_id"])
    op.create_table(
        "adjudication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("adjudicator", sa.String(200), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("active_seconds", sa.Float()),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("audit_sequence", sa.Integer()),
        sa.Column("audit_hash", sa.String(64)),
        sa.Column("audit_salt", sa.String(32)),
        sa.CheckConstraint("confidence BETWEEN 1 AND 5", name=op.f("ck_adjudication_confidence")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_adjudication_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudication")),
        sa.UniqueConstraint(
            "study", "case_id", "frame", name=op.f("uq_adjudication_study_case_id_frame")
        ),
    )
    op.create_index("ix_adjudication_case_id", "adjudication", ["case_id"])
    op.create_table(
        "reader_preference",
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "key", name=op.f("pk_reader_preference")),
    )


def downgrade() -> None:
    op.drop_table("reader_preference")
    op.drop_table("adjudication")
    op.drop_table("signed_read")
    op.drop_table("first_read")
    op.drop_table("study_slot")
    op.drop_table("study_case")
    op.drop_table("study_person")
    op.drop_table("study")
