"""The first tables.

Revision: 0001, the first of all
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_bytes", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("colour", sa.Boolean(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("view_position", sa.String(length=16), nullable=False),
        sa.Column("laterality", sa.String(length=16), nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("transfer_syntax", sa.String(length=64), nullable=False),
        sa.Column("photometric", sa.String(length=32), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("series_uid", sa.String(length=64), nullable=False),
        sa.Column("study_key", sa.String(length=64), nullable=False),
        sa.Column("burned_in_annotation", sa.Boolean(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("pixel_sha256", name=op.f("uq_case_pixel_sha256")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_file_sha256"), ["file_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_study_key"), ["study_key"], unique=False)

    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "annotation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("corrected_label", sa.String(length=200), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("predicted_label", sa.String(length=200), nullable=True),
        sa.Column("predicted_probability", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('accept', 'reject', 'supplement')", name=op.f("ck_annotation_verdict")
        ),
        sa.CheckConstraint("confidence BETWEEN 1 AND 5", name=op.f("ck_annotation_confidence")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_annotation_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
        sa.UniqueConstraint(
            "case_id", "frame", "revision", name=op.f("uq_annotation_case_id_frame_revision")
        ),
    )
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_annotation_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_annotation_reader"), ["reader"], unique=False)

    op.create_table(
        "explanation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=250), nullable=False),
        sa.Column("settings_digest", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("heatmap_key", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_explanation_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explanation")),
        sa.UniqueConstraint(
            "pixel_sha256",
            "frame",
            "model",
            "node",
            "settings_digest",
            "seed",
            name="uq_explanation_same_work",
        ),
    )
    with op.batch_alter_table("explanation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_explanation_case_id_frame_model", ["case_id", "frame", "model"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_explanation_heatmap_key"), ["heatmap_key"], unique=False
        )

    op.create_table(
        "prediction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_prediction_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sa.UniqueConstraint(
            "case_id", "frame", "model", name=op.f("uq_prediction_case_id_frame_model")
        ),
    )
    with op.batch_alter_table("prediction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prediction_label"), ["label"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("work_key", sa.String(length=500), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("node", sa.String(length=250), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("explanation_id", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("explain", sa.Boolean(), nullable=False),
        sa.Column("listing", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_job_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["explanation_id"],
            ["explanation.id"],
            name=op.f("fk_job_explanation_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_job_state_kind_created_at", ["state", "kind", "created_at"], unique=False
        )
        batch_op.create_index(
            "uq_job_work_key_active",
            ["work_key"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.create_table(
        "prototype_judgement",
        sa.Column("annotation_id", sa.Integer(), nullable=False),
        sa.Column("prototype", sa.String(length=64), nullable=False),
        sa.Column("similar", sa.Boolean(), nullable=True),
        sa.Column("usefulness", sa.String(length=16), nullable=True),
        sa.Column("artefact", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotation.id"],
            name=op.f("fk_prototype_judgement_annotation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("annotation_id", "prototype", name=op.f("pk_prototype_judgement")),
    )
    op.create_table(
        "job_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("upload_key", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("explanation_id", sa.String(length=32), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_job_item_case_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["explanation_id"],
            ["explanation.id"],
            name=op.f("fk_job_item_explanation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_job_item_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_item")),
        sa.UniqueConstraint("job_id", "path", name=op.f("uq_job_item_job_id_path")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_job_item_job_id_position")),
    )
    with op.batch_alter_table("job_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_item_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_job_item_job_id_state", ["job_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_item_upload_key"), ["upload_key"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("job_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_item_upload_key"))
        batch_op.drop_index("ix_job_item_job_id_state")
        batch_op.drop_index(batch_op.f("ix_job_item_case_id"))

    op.drop_table("job_item")
    op.drop_table("prototype_judgement")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_work_key_active",
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.drop_index("ix_job_state_kind_created_at")
        batch_op.drop_index(batch_op.f("ix_job_case_id"))

    op.drop_table("job")
    with op.batch_alter_table("prediction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_prediction_label"))

    op.drop_table("prediction")
    with op.batch_alter_table("explanation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_explanation_heatmap_key"))
        batch_op.drop_index("ix_explanation_case_id_frame_model")

    op.drop_table("explanation")
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_annotation_reader"))
        batch_op.drop_index(batch_op.f("ix_annotation_created_at"))

    op.drop_table("annotation")
    op.drop_table("setting")
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_study_key"))
        batch_op.drop_index(batch_op.f("ix_case_file_sha256"))
        batch_op.drop_index(batch_op.f("ix_case_created_at"))

    op.drop_table("case")
