"""A kept row, the model's description of its table, and the picture that the model makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.bundles import BundleInfo
from app.domain.cases import Case, CaseFacts
from app.domain.errors import Refused
from app.domain.permissions import within
from app.domain.tables.table_row import FORMAT, LARGEST, TableRow, is_kept_row
from app.domain.text import counted
from app.services.tables.fitting import check_kind
from app.services.workplace import Workplace
from dprotonet.errors import WrongRequest
from dprotonet.images.isolated.held_bytes import HeldBytes

if TYPE_CHECKING:
    from pathlib import Path

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.images.types import GrayOrColourImage

_HEAD = 32  # bytes
OTHER_TABLE = (
    "This row is of another table than the model {name} reads: {why} Choose a model that reads "
    "this table."
)


def row_in(source: Path | bytes | HeldBytes) -> TableRow | None:
    """The row that a file is; None where it is none.

    Raises:
        Refused: it begins as a row and is damaged.
    """
    if isinstance(source, bytes):
        head, size = source[:_HEAD], len(source)
    elif isinstance(source, HeldBytes):
        head, size = source.head(_HEAD), source.size
    else:
        size = source.stat().st_size
        with source.open("rb") as file:
            head = file.read(_HEAD)
    if not is_kept_row(head):
        return None
    if size > LARGEST:
        raise Refused("This row of a table is too large. Upload the table again.")
    if isinstance(source, bytes):
        return TableRow.from_bytes(source)
    return TableRow.from_bytes(
        source.read() if isinstance(source, HeldBytes) else source.read_bytes()
    )


@within
def row_of(workplace: Workplace, case: Case) -> TableRow:
    """The row that a case is.

    Raises:
        Refused: the stored file is damaged.
    """
    return TableRow.from_bytes(workplace.blobs.read(case.file_sha256))


def picture(bundle: Bundle, row: TableRow, *, name: str) -> GrayOrColourImage:
    """The picture that a model makes of a row.

    Raises:
        Refused: it reads another table.
    """
    if bundle.rows is None:
        raise Refused(f"The model {name} reads images. Choose one that reads rows of a table.")
    try:
        checked = bundle.rows.table.row(row.values)
    except WrongRequest as error:
        raise Refused(OTHER_TABLE.format(name=name, why=error)) from None
    return bundle.rows.image(checked)


@within
def facts_of(workplace: Workplace, row: TableRow, info: BundleInfo) -> CaseFacts:
    """What is known of a row that a model reads.

    Raises:
        Refused: the model reads images, or another table.
    """
    check_kind(info, row=True)
    if unknown := set(row.values) - set(info.attributes):
        raise Refused(
            f"The row has {counted(len(unknown), 'value')} that the model {info.name} does not "
            "read. Upload the table that it is from."
        )
    image = picture(workplace.models.bundle(info.digest), row, name=info.name)
    rows, columns = image.shape
    return CaseFacts(FORMAT, rows, columns, colour=image.is_colour, bits=8)


@within
def check_fits(workplace: Workplace, case: Case, info: BundleInfo) -> None:
    """Refuse to read a case with a model that is not made for it.

    Raises:
        Refused: an image for a model of rows, a row for one of images or of another table.
    """
    check_kind(info, row=case.facts.is_row)
    if info.reads_rows:
        facts_of(workplace, row_of(workplace, case), info)
