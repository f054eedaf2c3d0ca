"""Sealed notes say whom de-identified images are of.

Revision: 0012, after 0009

Installations of before held images as they came: there is nobody to note.

The way back loses the notes, and with them the way from a pseudonym to a person.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("blob_key", sa.String(64), nullable=False),
        sa.Column("patient", sa.String(32), nullable=False),
        sa.Column("image", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("blob_key", name=op.f("pk_identity")),
    )
    op.create_index(op.f("ix_identity_patient"), "identity", ["patient"])
    op.create_index(op.f("ix_identity_image"), "identity", ["image"])


def downgrade() -> None:
    op.drop_index(op.f("ix_identity_image"), "identity")
    op.drop_index(op.f("ix_identity_patient"), "identity")
    op.drop_table("identity")
