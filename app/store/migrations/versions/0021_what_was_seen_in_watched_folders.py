"""Folders that are watched: when each was looked at, and which files were seen and taken; and names
of a batch's files in an index.

Revision: 0021, after 0020

The way back loses them: files that were taken are taken again, and found to be imported already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watched_folder",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("looked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_watched_folder")),
    )
    op.create_table(
        "watched_file",
        sa.Column("folder", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("changed_ns", sa.BigInteger(), nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["folder"],
            ["watched_folder.key"],
            name=op.f("fk_watched_file_folder_watched_folder"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("folder", "key", name=op.f("pk_watched_file")),
    )
    op.create_index("ix_job_item_job_id_name", "job_item", ["job_id", "name"])


def downgrade() -> None:
    op.drop_index("ix_job_item_job_id_name", "job_item")
    op.drop_table("watched_file")
    op.drop_table("watched_folder")
