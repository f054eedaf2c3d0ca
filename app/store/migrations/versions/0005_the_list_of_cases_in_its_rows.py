"""A case's row says what the list shows of it, and the list's orders are indexes.

Revision: 0005, after 0004

A finding's probability needs the model's negative class, which the database does not know: it stays
empty here, and the worker completes it at its next start.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BY = ["read_state", "verdict", "source"]
CHUNK = 1000


def upgrade() -> None:
    op.add_column("prediction", sa.Column("finding_probability", sa.Float()))
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("name_key", sa.String(600), server_default="", nullable=False))
        table.add_column(sa.Column("study_newest", sa.DateTime()))
        table.add_column(
            sa.Column("read_state", sa.String(16), server_default="open", nullable=False)
        )
        table.add_column(sa.Column("label", sa.String(200)))
        table.add_column(sa.Column("probability", sa.Float()))
        table.add_column(
            sa.Column("finding_probability", sa.Float(), server_default="-1", nullable=False)
        )
        table.add_column(sa.Column("verdict", sa.String(16)))
        table.add_column(sa.Column("reader", sa.String(200)))
    _sum_up()
    with op.batch_alter_table("case") as table:
        table.alter_column("study_newest", existing_type=sa.DateTime(), nullable=False)
    op.create_index("ix_case_study", "case", ["study_newest", "study_key", "created_at", "id", *BY])
    op.create_index("ix_case_name", "case", ["name_key", "id", *BY])
    op.create_index("ix_case_finding", "case", ["finding_probability", "id", *BY])


def _sum_up() -> None:
    # Names are folded in Python: SQLite's lower() knows ASCII only.
    connection = op.get_bind()
    names = connection.execute(sa.text('SELECT id, file_name FROM "case"'))
    change = sa.text('UPDATE "case" SET name_key = :key WHERE id = :id')
    for rows in names.partitions(CHUNK):
        keys = [{"id": row.id, "key": row.file_name.casefold()[:600]} for row in rows]
        connection.execute(change, keys)
    op.execute("""UPDATE "case" SET study_newest = (
        SELECT max(other.created_at) FROM "case" AS other
        WHERE other.study_key = "case".study_key)""")
    for column in ("label", "probability"):
        op.execute(f"""UPDATE "case" SET {column} = (
            SELECT said.{column} FROM prediction AS said WHERE said.case_id = "case".id
            AND said.frame = 0 AND said.model = "case".model)""")
    for column in ("verdict", "reader"):
        op.execute(f"""UPDATE "case" SET {column} = (
            SELECT signed.{column} FROM annotation AS signed WHERE signed.case_id = "case".id
            ORDER BY signed.id DESC LIMIT 1)""")
    op.execute("UPDATE \"case\" SET read_state = 'new' WHERE label IS NOT NULL")
    op.execute("UPDATE \"case\" SET read_state = 'read' WHERE verdict IS NOT NULL")


def downgrade() -> None:
    for name in ("ix_case_study", "ix_case_name", "ix_case_finding"):
        op.drop_index(name, "case")
    with op.batch_alter_table("case") as table:
        for column in (
            *("name_key", "study_newest", "read_state", "label", "probability"),
            *("finding_probability", "verdict", "reader"),
        ):
            table.drop_column(column)
    with op.batch_alter_table("prediction") as table:
        table.drop_column("finding_probability")
