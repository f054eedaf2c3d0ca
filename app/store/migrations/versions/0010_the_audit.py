"""The audit, which the database guards against changes, and signatures that name their entry.

Revision: 0010, after 0009

What was done before is in no entry, and older signatures name none. The way back loses the audit:
the backup that is written before still holds it.
"""

import sqlalchemy as sa
from alembic import op

from app.store.audit import guards

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(32), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("image", sa.String(64), nullable=False),
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("settings", sa.String(64), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("field_digests", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_index("ix_audit_actor", "audit", ["actor"])
    op.create_index("ix_audit_subject", "audit", ["subject"])
    for statement in guards.create_statements(op.get_context().dialect.name):
        op.execute(statement)
    op.add_column("annotation", sa.Column("audit_sequence", sa.Integer()))
    op.add_column("annotation", sa.Column("audit_hash", sa.String(64)))
    op.add_column("annotation", sa.Column("audit_salt", sa.String(32)))


def downgrade() -> None:
    for column in ("audit_salt", "audit_hash", "audit_sequence"):
        op.drop_column("annotation", column)
    op.drop_table("audit")
    for statement in guards.drop_statements(op.get_context().dialect.name):
        op.execute(statement)
