"""The same file is one case; the same pixels with another header are a case of their own.

Revision: 0004, after 0002

Until now the same pixels were one case: films with another window, padding or shape of pixels were
called duplicates, and a batch showed the first one's prediction for them. Such rows of batches say
so now, and those whose bytes are still in their folder can be read again. Heatmaps belong to a
case, no longer to pixels. The hashes of cases taken in before are all of decoded pixels.

Files of a batch have a path to be shown beside the one to be opened, in which ``%`` is written as
``%25`` from now on, so that a byte that is no text can stand as ``%F6``.

The way back is refused where two cases have the same pixels, which could not be told apart there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

WRONG = (
    "An earlier version took this file for a duplicate, because its pixels are those of another "
    "film, and showed that film's prediction. Its header is another: read it again."
)


def upgrade() -> None:
    with op.batch_alter_table("case") as table:
        table.drop_constraint("uq_case_pixel_sha256", type_="unique")
        table.drop_index("ix_case_file_sha256")
        table.add_column(
            sa.Column("pixel_hash", sa.String(length=16), server_default="decoded", nullable=False)
        )
        table.create_unique_constraint("uq_case_file_sha256", ["file_sha256"])
        table.create_index("ix_case_pixel_sha256", ["pixel_sha256"])
    with op.batch_alter_table("explanation") as table:
        table.drop_constraint("uq_explanation_same_work", type_="unique")
        table.create_unique_constraint(
            "uq_explanation_same_work",
            ["case_id", "frame", "model", "node", "settings_digest", "seed"],
        )
    op.add_column("job_item", sa.Column("shown_path", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE job_item SET shown_path = COALESCE(path, name)")
    op.execute("UPDATE job_item SET path = REPLACE(path, '%', '%25') WHERE path IS NOT NULL")
    op.execute("UPDATE job SET folder = REPLACE(folder, '%', '%25') WHERE folder IS NOT NULL")
    _tell_wrong_duplicates()


def downgrade() -> None:
    case = sa.table("case", sa.column("pixel_sha256"))
    shared = (
        sa.select(case.c.pixel_sha256).group_by(case.c.pixel_sha256).having(sa.func.count() > 1)
    )
    if op.get_bind().execute(shared.limit(1)).first() is not None:
        raise ValueError("two cases have the same pixels: revision 0002 cannot hold both")
    op.execute("UPDATE job SET folder = REPLACE(folder, '%25', '%') WHERE folder IS NOT NULL")
    op.execute("UPDATE job_item SET path = REPLACE(path, '%25', '%') WHERE path IS NOT NULL")
    with op.batch_alter_table("job_item") as table:
        table.drop_column("shown_path")
    with op.batch_alter_table("explanation") as table:
        table.drop_constraint("uq_explanation_same_work", type_="unique")
        table.create_unique_constraint(
            "uq_explanation_same_work",
            ["pixel_sha256", "frame", "model", "node", "settings_digest", "seed"],
        )
    with op.batch_alter_table("case") as table:
        table.drop_index("ix_case_pixel_sha256")
        table.drop_constraint("uq_case_file_sha256", type_="unique")
        table.drop_column("pixel_hash")
        table.create_index("ix_case_file_sha256", ["file_sha256"])
        table.create_unique_constraint("uq_case_pixel_sha256", ["pixel_sha256"])


def _tell_wrong_duplicates() -> None:
    item, case = (
        sa.table("job_item", *map(sa.column, _ITEM)),
        sa.table("case", sa.column("id"), sa.column("file_sha256")),
    )
    its_own = sa.exists().where(
        case.c.id == item.c.case_id, case.c.file_sha256 == item.c.file_sha256
    )
    op.execute(
        sa.update(item)
        .where(
            item.c.state == "duplicate",
            item.c.case_id.is_not(None),
            item.c.file_sha256 != "",
            ~its_own,
        )
        .values(state="error", message=WRONG, case_id=None, explanation_id=None)
    )


_ITEM = ("state", "message", "case_id", "explanation_id", "file_sha256")
