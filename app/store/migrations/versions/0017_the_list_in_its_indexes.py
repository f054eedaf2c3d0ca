"""What the list of cases is found by is found in indexes alone.

Revision: 0017, after 0016

A search for a part of a name looked up every row on its way to a page: every order's index now
holds the names too. What a reader has signed, which is asked where their own read comes first, was
looked up row by row of theirs.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BY = [
    *("read_state", "verdict", "source", "modality", "view_position", "label", "model"),
    *("reader", "disagreement"),
]
ORDERS = {
    "ix_case_study": ["study_newest", "study_key", "created_at", "id", *BY],
    "ix_case_finding": ["finding_probability", "id", *BY, "created_at"],
    "ix_case_doubt": ["doubt", "id", *BY, "created_at"],
}


def upgrade() -> None:
    _make_anew(["name_key"])
    op.drop_index("ix_annotation_reader", "annotation")
    op.create_index(
        "ix_annotation_reader_frame_case_id", "annotation", ["reader", "frame", "case_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_annotation_reader_frame_case_id", "annotation")
    op.create_index("ix_annotation_reader", "annotation", ["reader"])
    _make_anew([])


def _make_anew(more: list[str]) -> None:
    for name, columns in ORDERS.items():
        op.drop_index(name, "case")
        op.create_index(name, "case", [*columns, *more])
